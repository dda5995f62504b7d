"""Source events and a connection in, TikTok events and rejections out; no I/O, no clock."""
