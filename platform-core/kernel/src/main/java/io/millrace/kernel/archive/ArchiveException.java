package io.millrace.kernel.archive;

import java.io.IOException;

/** A plugin archive that cannot be used; the message names the archive, the reason and the mend. */
public final class ArchiveException extends IOException {

    private static final long serialVersionUID = 1L;

    ArchiveException(String message) {
        super(message);
    }

    ArchiveException(String message, Throwable cause) {
        super(message, cause);
    }
}
