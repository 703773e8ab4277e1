"""Other people's libraries, taken in once, whatever they think of the libraries that they use themselves."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import karrio.sdk  # noqa: F401
