"""A fixture that does not import."""

import no_such_module_anywhere

no_such_module_anywhere.use()
