"""What relay keeps in Redis beside the queue, and what every process needs to reach Redis."""
