package io.millrace.kernel.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/** Builds tiny plugin files. */
public final class PluginJar {

    private final Manifest manifest = new Manifest();
    private final List<Class<?>> classes = new ArrayList<>();
    private final List<String[]> texts = new ArrayList<>();

    private PluginJar() {
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    }

    public static PluginJar bundle(String name, String version) {
        return new PluginJar().header("Bundle-ManifestVersion", "2").header("Bundle-SymbolicName", "test." + name)
                .header("Bundle-Version", version).header("Millrace-Plugin", name);
    }

    public static PluginJar plain() {
        return new PluginJar();
    }

    public PluginJar header(String name, String value) {
        manifest.getMainAttributes().putValue(name, value);
        return this;
    }

    public PluginJar with(Class<?> type) {
        classes.add(type);
        return this;
    }

    public PluginJar entry(String name, String text) {
        texts.add(new String[] {name, text});
        return this;
    }

    public PluginJar provides(Class<?> service, Class<?> provider) {
        return with(provider).entry("META-INF/services/" + service.getName(), "# made for a test\n" + provider.getName() + "\n");
    }

    public Path writeTo(Path file) {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file), manifest)) {
            for (Class<?> type : classes) {
                String name = type.getName().replace('.', '/') + ".class";
                out.putNextEntry(new ZipEntry(name));
                try (InputStream in = type.getResourceAsStream("/" + name)) {
                    in.transferTo(out);
                }
            }
            for (String[] text : texts) {
                out.putNextEntry(new ZipEntry(text[0]));
                out.write(text[1].getBytes(StandardCharsets.UTF_8));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return file;
    }
}
