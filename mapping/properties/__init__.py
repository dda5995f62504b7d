"""Build `properties` of native events and of custom mappings."""
