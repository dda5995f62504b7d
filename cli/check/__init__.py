"""`relay check`: one module for each subject that it checks."""
