"""What a bundle needs to be verified offline; imports nothing of ours but itself."""
