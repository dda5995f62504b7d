"""The sandbox: a stand-in TikTok that refuses what TikTok refuses and fails on demand."""
