package io.millrace.testkit;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Where Millrace is unpacked on this machine. */
final class DistributionFolder {

    private DistributionFolder() {}

    /** @throws IllegalStateException naming what to set */
    static Path find() {
        return of(System.getProperty("millrace.home")).or(() -> of(System.getenv("MILLRACE_HOME"))).or(DistributionFolder::onPath)
                .orElseThrow(() -> new IllegalStateException("there is no Millrace at the system property millrace.home ("
                        + System.getProperty("millrace.home") + "), at the environment variable MILLRACE_HOME (" + System.getenv("MILLRACE_HOME")
                        + ") or on the PATH; unpack it, and set one of them to its folder"));
    }

    private static Optional<Path> of(String folder) {
        return Optional.ofNullable(folder).filter(text -> !text.isBlank() && !text.startsWith("${")).map(Path::of).filter(DistributionFolder::isOne);
    }

    private static boolean isOne(Path folder) {
        return Files.isDirectory(folder.resolve("system")) && Files.isDirectory(folder.resolve("lib"));
    }

    private static Optional<Path> onPath() {
        String path = System.getenv("PATH");
        for (String folder : path == null ? new String[0] : path.split(java.io.File.pathSeparator)) {
            try {
                Path script = Path.of(folder, "millrace").toRealPath();
                Path home = script.getParent().getParent();
                if (home != null && isOne(home)) {
                    return Optional.of(home);
                }
            } catch (java.io.IOException | java.nio.file.InvalidPathException e) {
                continue;
            }
        }
        return Optional.empty();
    }
}
