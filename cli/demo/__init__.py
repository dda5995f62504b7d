"""`relay demo`: a complete relay with a stand-in for TikTok."""
