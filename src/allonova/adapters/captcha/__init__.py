"""Captchas."""
