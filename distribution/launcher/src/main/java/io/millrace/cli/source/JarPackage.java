package io.millrace.cli.source;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Jars in one zip. The same jars give the same bytes, and so the same checksum and signature. */
final class JarPackage {

    private JarPackage() {}

    static Path write(Path target, List<Path> jars) throws IOException {
        try (ZipOutputStream zip = new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(target), 64 * 1024))) {
            // Jars are compressed already.
            zip.setLevel(Deflater.NO_COMPRESSION);
            for (int i = 0; i < jars.size(); i++) {
                // Numbered: two jars of one plugin may have the same file name, and their order is that of the class path.
                ZipEntry entry = new ZipEntry("%04d/".formatted(i) + jars.get(i).getFileName());
                entry.setLastModifiedTime(FileTime.fromMillis(0));
                zip.putNextEntry(entry);
                Files.copy(jars.get(i), zip);
            }
        }
        return target;
    }
}
