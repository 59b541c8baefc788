"""Devices: how browsers and their systems are named."""

from django import template

from voicestudio.words.devices import name_device

register = template.Library()
register.filter("device", name_device)
