package io.millrace.cli.source;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A file as it is; a folder, such as one of a Kafka Connect plugin path, packed with its jars. */
record LocalSource(Path path) implements PluginSource {

    private static final int DEEPEST_FOLDER = 8;

    @Override
    public Path fetch(Path work, Consumer<String> progress) throws IOException {
        if (!Files.exists(path)) {
            throw new IOException(path + " does not exist");
        }
        if (!Files.isDirectory(path)) {
            return path;
        }
        List<Path> jars;
        try (Stream<Path> tree = Files.walk(path, DEEPEST_FOLDER)) {
            jars = tree.filter(file -> file.toString().endsWith(".jar") && Files.isRegularFile(file)).sorted().toList();
        }
        if (jars.isEmpty()) {
            throw new IOException("folder " + path + " holds no jar; name the folder that has the plugin's jars in it");
        }
        progress.accept("packing " + jars.size() + " jar(s) of " + path);
        return JarPackage.write(work.resolve(path.toRealPath().getFileName() + ".zip"), jars);
    }
}
