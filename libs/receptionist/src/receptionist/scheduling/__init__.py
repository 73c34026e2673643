"""Slot arithmetic: hours, closed days, travel, lanes and clock changes; pure."""
