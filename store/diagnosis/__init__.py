"""Find out why Redis cannot be used: name each refusal, try every permission, probe reads and writes."""
