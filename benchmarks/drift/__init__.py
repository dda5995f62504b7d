"""A backtest of the detectors of silence and drift over generated weeks."""
