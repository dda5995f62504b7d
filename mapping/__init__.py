"""Map source events to TikTok events and rejections, for one connection; no I/O and no clock."""
