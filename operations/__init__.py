"""What operators ask and do, for the commands and the console alike: status, previews, dead letters, alerts."""
