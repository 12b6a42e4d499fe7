"""What a training computes on: devices, precision, memory, and several processes at once."""
