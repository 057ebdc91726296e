package io.millrace.kernel.archive;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** Reads a jar from end to end: names, sizes, checksums. What passes here is not corrupt when a class is loaded from it weeks later. */
final class JarCheck {

    private JarCheck() {}

    static void whole(String archive, Path jar, Budget budget) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                budget.entry();
                EntryName.check(archive, entry.getName());
                try (InputStream in = zip.getInputStream(entry)) {
                    long crc = budget.copy(in, OutputStream.nullOutputStream());
                    if (entry.getCrc() != -1 && entry.getCrc() != crc) {
                        throw new ArchiveException("%s: entry '%s' has CRC 0x%08x, expected 0x%08x; the file is corrupt, get it again"
                                .formatted(archive, entry.getName(), crc, entry.getCrc()));
                    }
                }
            }
        } catch (ArchiveException e) {
            throw e;
        } catch (ZipException | IllegalArgumentException e) {
            throw new ArchiveException(archive + " is not a readable jar or zip (" + e.getMessage() + "); the file is corrupt, get it again", e);
        } catch (java.io.EOFException e) {
            throw new ArchiveException(archive + " ends too early; the file is corrupt, get it again", e);
        }
    }
}
