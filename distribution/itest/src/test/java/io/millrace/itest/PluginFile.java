package io.millrace.itest;

import io.millrace.itest.sample.SamplePlugin;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/** A plain Kafka Connect plugin made of classes of the tests. */
final class PluginFile {

    private final List<Class<?>> classes = new ArrayList<>();
    private final Map<String, String> texts = new LinkedHashMap<>();

    private PluginFile() {}

    /** The sample plugin. */
    static PluginFile sample(String release) {
        PluginFile file = of(SamplePlugin.classes()).text(SamplePlugin.RELEASE_ENTRY, release);
        SamplePlugin.providers().forEach(file::provides);
        return file;
    }

    /** A release that fails at one place. */
    static PluginFile flawed(String release, String flaw) {
        return sample(release).text(SamplePlugin.FLAW_ENTRY, flaw);
    }

    /** The same bundle as another version. */
    static Path versioned(Path bundle, String version, Path file) {
        try (JarFile from = new JarFile(bundle.toFile())) {
            Manifest manifest = from.getManifest();
            manifest.getMainAttributes().putValue("Bundle-Version", version);
            try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file), manifest)) {
                for (JarEntry entry : Collections.list(from.entries())) {
                    if (!entry.getName().equals(JarFile.MANIFEST_NAME)) {
                        out.putNextEntry(new ZipEntry(entry.getName()));
                        try (InputStream in = from.getInputStream(entry)) {
                            in.transferTo(out);
                        }
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }

    /** With these classes and the classes inside them. */
    static PluginFile of(Class<?>... classes) {
        PluginFile file = new PluginFile();
        for (Class<?> type : classes) {
            file.add(type);
        }
        return file;
    }

    private void add(Class<?> type) {
        classes.add(type);
        for (Class<?> inner : type.getDeclaredClasses()) {
            add(inner);
        }
    }

    PluginFile text(String entry, String text) {
        texts.put(entry, text);
        return this;
    }

    /** @param service Kafka Connect's type */
    PluginFile provides(String service, Class<?> provider) {
        texts.merge("META-INF/services/" + service, provider.getName() + "\n", String::concat);
        return this;
    }

    Path writeTo(Path file) {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file))) {
            for (Class<?> type : classes) {
                String name = type.getName().replace('.', '/') + ".class";
                out.putNextEntry(new ZipEntry(name));
                try (InputStream in = type.getResourceAsStream("/" + name)) {
                    in.transferTo(out);
                }
            }
            for (Map.Entry<String, String> text : texts.entrySet()) {
                out.putNextEntry(new ZipEntry(text.getKey()));
                out.write(text.getValue().getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }
}
