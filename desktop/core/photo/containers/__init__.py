"""One module for each kind of file: what it holds, found without decoding, and then its pixels as they are stored.

Every file is walked through here first, with limits on all that a stranger may have put into it. The decoders of
libraries are given only what they need for the pixels, so that nothing else in a file can hurt them.
"""
