"""What tests of systems, judges and axes stand on."""
