"""The command line as it is declared: names, options and help; what a command does is imported when it runs."""
