"""The package's version, in one place, importable without importing anything."""

VERSION = "0.1.0"
