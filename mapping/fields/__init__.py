"""The rules of single values: normalise, hash, omit or reject each kind of field."""
