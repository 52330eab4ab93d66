"""`make bench`: our admin and a stock admin of the same model, side by side on the same machine."""
