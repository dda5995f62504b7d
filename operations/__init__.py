"""What operators ask and do, whoever carries it to them: how things stand, previews, dead letters."""
