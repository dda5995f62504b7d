"""How fast relay is: each part measured beside a floor or a rival, in one run on one machine."""
