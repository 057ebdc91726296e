package io.millrace.cli.source;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;

/** An artifact of a Maven repository, with what it needs at run time. Its library is loaded here and nowhere else. */
record MavenSource(String coordinates, Path library) implements PluginSource {

    private static final String RESOLVER = "io.millrace.maven.MavenFiles";
    private static final String PLUGIN_HEADER = "Millrace-Plugin";

    @Override
    public Path fetch(Path work, Consumer<String> progress) throws IOException {
        // The library's own logging has nobody to talk to here.
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        List<Path> files;
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        try (URLClassLoader loader = new URLClassLoader(jars(), ClassLoader.getPlatformClassLoader())) {
            thread.setContextClassLoader(loader);
            files = resolver(loader).apply(coordinates, progress);
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        } finally {
            thread.setContextClassLoader(before);
        }
        Path main = files.getFirst();
        if (files.size() == 1 || isBundle(main)) {
            return main;
        }
        progress.accept("packing " + files.size() + " jars");
        return JarPackage.write(work.resolve(main.getFileName().toString().replaceFirst("\\.jar$", ".zip")), files);
    }

    private URL[] jars() throws IOException {
        List<URL> jars = new ArrayList<>();
        if (Files.isDirectory(library)) {
            try (Stream<Path> children = Files.list(library)) {
                for (Path jar : children.filter(file -> file.toString().endsWith(".jar")).toList()) {
                    jars.add(jar.toUri().toURL());
                }
            }
        }
        if (jars.isEmpty()) {
            throw new IOException("mvn:" + coordinates + " cannot be fetched: " + library + " has no jars; unpack the distribution again");
        }
        return jars.toArray(URL[]::new);
    }

    @SuppressWarnings("unchecked")
    private static BiFunction<String, Consumer<String>, List<Path>> resolver(ClassLoader loader) throws IOException {
        try {
            return (BiFunction<String, Consumer<String>, List<Path>>) loader.loadClass(RESOLVER).getConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IOException(RESOLVER + " cannot be loaded: " + e + "; unpack the distribution again", e);
        }
    }

    /** A plugin built as a bundle has in it what it needs. */
    private static boolean isBundle(Path jar) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            Manifest manifest = file.getManifest();
            return manifest != null && manifest.getMainAttributes().getValue(PLUGIN_HEADER) != null;
        }
    }
}
