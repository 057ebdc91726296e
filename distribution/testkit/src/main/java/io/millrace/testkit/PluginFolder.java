package io.millrace.testkit;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Makes a plugin archive of what a build has so far. */
final class PluginFolder {

    private PluginFolder() {}

    static Path zip(Path target, Path classes, List<Path> jars) throws IOException {
        if (!Files.exists(classes)) {
            throw new IllegalArgumentException("there is no " + classes.toAbsolutePath() + "; compile the plugin first");
        }
        try (OutputStream file = Files.newOutputStream(target); ZipOutputStream zip = new ZipOutputStream(file)) {
            if (!Files.isDirectory(classes)) {
                add(zip, classes);
            } else if (hasJars(classes)) {
                try (Stream<Path> files = Files.list(classes)) {
                    for (Path jar : files.filter(PluginFolder::isJar).sorted().toList()) {
                        add(zip, jar);
                    }
                }
            } else {
                zip.putNextEntry(new ZipEntry("classes.jar"));
                JarOutputStream jar = new JarOutputStream(zip);
                try (Stream<Path> files = Files.walk(classes)) {
                    for (Path one : files.filter(Files::isRegularFile).sorted().toList()) {
                        jar.putNextEntry(new ZipEntry(classes.relativize(one).toString().replace('\\', '/')));
                        Files.copy(one, jar);
                    }
                }
                jar.finish();
            }
            for (Path jar : jars) {
                add(zip, jar);
            }
        }
        return target;
    }

    private static boolean hasJars(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.anyMatch(PluginFolder::isJar);
        }
    }

    private static boolean isJar(Path file) {
        return file.getFileName().toString().endsWith(".jar");
    }

    private static void add(ZipOutputStream zip, Path jar) throws IOException {
        zip.putNextEntry(new ZipEntry(jar.getFileName().toString()));
        Files.copy(jar, zip);
    }
}
