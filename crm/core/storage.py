from whitenoise.storage import CompressedManifestStaticFilesStorage


class StaticFilesStorage(CompressedManifestStaticFilesStorage):
    """Hashed names, served by WhiteNoise. Not strict: the skin asks for the URL of a directory, which has no hash."""

    manifest_strict = False
