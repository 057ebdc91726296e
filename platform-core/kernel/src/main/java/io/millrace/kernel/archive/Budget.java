package io.millrace.kernel.archive;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.CRC32;

/** What is left of the {@link Limits} while one archive is read; spent on what really comes out, never on what a header promises. */
final class Budget {

    private static final int BUFFER = 64 * 1024;

    private final String archive;
    private final Limits limits;
    private final byte[] buffer = new byte[BUFFER];
    private long bytes;
    private int entries;

    Budget(String archive, Limits limits) {
        this.archive = archive;
        this.limits = limits;
    }

    void entry() throws ArchiveException {
        if (++entries > limits.entries()) {
            throw new ArchiveException(archive + " holds more than " + limits.entries()
                    + " files; raise plugin.max.entries if that is meant");
        }
    }

    /** Copies all of {@code in} and returns its CRC-32. */
    long copy(InputStream in, OutputStream out) throws IOException {
        CRC32 crc = new CRC32();
        int read;
        while ((read = in.read(buffer)) >= 0) {
            spend(read);
            crc.update(buffer, 0, read);
            out.write(buffer, 0, read);
        }
        return crc.getValue();
    }

    private void spend(int count) throws ArchiveException {
        bytes += count;
        if (bytes > limits.expandedBytes()) {
            throw new ArchiveException(archive + " unpacks to more than " + limits.expandedBytes()
                    + " bytes; raise plugin.max.expanded.bytes if that is meant");
        }
    }
}
