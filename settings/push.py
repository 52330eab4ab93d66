"""Notifications in the browser: which push services are spoken to, and the key that we show them."""

import environ

env = environ.Env()

# The services of Chrome and its kin, Firefox, Edge and Safari. The address of a device is given by its browser:
# nothing else is ever called. A star is one name or several, to the left of a dot.
PUSH_SERVICES = [
    "fcm.googleapis.com",
    "*.push.services.mozilla.com",
    "*.notify.windows.com",
    "*.push.apple.com",
]
PUSH_TIMEOUT_SECONDS = 5
# The private key, in base64. Without it one is made when it is first needed, and kept enciphered in the database.
VAPID_PRIVATE_KEY = env.str("VAPID_PRIVATE_KEY", default="")
