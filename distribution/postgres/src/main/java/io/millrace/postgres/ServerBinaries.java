package io.millrace.postgres;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/** PostgreSQL's programs and libraries, from the archive on the class path that fits this machine. */
final class ServerBinaries {

    private ServerBinaries() {}

    /** @return the folder with {@code bin}, {@code lib} and {@code share}; unpacked now if it was not yet */
    static Path unpackedIn(Path folder) throws IOException {
        String name = archive(System.getProperty("os.name"), System.getProperty("os.arch"));
        try (InputStream archive = ServerBinaries.class.getResourceAsStream("/" + name)) {
            if (archive == null) {
                throw new IOException("no PostgreSQL binaries for this machine (" + name + " is not on the class path); use a server of your own");
            }
            Path unpacked = folder.resolve("server");
            if (!Files.exists(unpacked)) {
                // Renamed when complete: half a server must not look like one.
                Path part = folder.resolve("server.part");
                delete(part);
                unpack(archive, part);
                Files.move(part, unpacked, StandardCopyOption.ATOMIC_MOVE);
            }
            return unpacked;
        }
    }

    static String archive(String os, String architecture) {
        String system = os.toLowerCase(Locale.ROOT).startsWith("mac") ? "darwin" : os.toLowerCase(Locale.ROOT).split(" ")[0];
        return "postgres-" + system + "-" + switch (architecture) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm_64";
            default -> architecture;
        } + ".txz";
    }

    private static void unpack(InputStream archive, Path target) throws IOException {
        TarArchiveInputStream tar = new TarArchiveInputStream(new BufferedInputStream(new XZInputStream(new BufferedInputStream(archive)), 1 << 16));
        for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
            Path path = target.resolve(entry.getName()).normalize();
            if (!path.startsWith(target)) {
                throw new IOException("PostgreSQL archive: entry " + entry.getName() + " leads out of " + target);
            }
            if (entry.isDirectory()) {
                Files.createDirectories(path);
                continue;
            }
            Files.createDirectories(path.getParent());
            if (entry.isSymbolicLink()) {
                Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
            } else if (entry.isLink()) {
                Files.createLink(path, target.resolve(entry.getLinkName()).normalize());
            } else {
                Files.copy(tar, path);
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString((entry.getMode() & 0100) != 0 ? "rwxr-xr-x" : "rw-r--r--"));
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> paths = Files.walk(folder)) {
                for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
