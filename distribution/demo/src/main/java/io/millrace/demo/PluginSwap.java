package io.millrace.demo;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/** Makes another build of a plugin bundle: the same classes under the next version. */
final class PluginSwap {

    private PluginSwap() {}

    static Path rebuild(Path bundle, int build, Path folder) throws IOException {
        Files.createDirectories(folder);
        try (JarFile jar = new JarFile(bundle.toFile())) {
            Manifest manifest = new Manifest(jar.getManifest());
            Attributes main = manifest.getMainAttributes();
            String version = main.getValue("Bundle-Version");
            String[] parts = version.split("\\.");
            main.putValue("Bundle-Version", parts[0] + "." + parts[1] + "." + parts[2] + ".build-" + build);
            Path rebuilt = folder.resolve(bundle.getFileName().toString().replace(".jar", "-build-" + build + ".jar"));
            try (OutputStream file = Files.newOutputStream(rebuilt); JarOutputStream out = new JarOutputStream(file, manifest)) {
                var entries = jar.entries();
                while (entries.hasMoreElements()) {
                    ZipEntry entry = entries.nextElement();
                    if (!entry.getName().equals(JarFile.MANIFEST_NAME)) {
                        out.putNextEntry(new ZipEntry(entry.getName()));
                        try (InputStream in = jar.getInputStream(entry)) {
                            in.transferTo(out);
                        }
                        out.closeEntry();
                    }
                }
            }
            return rebuilt;
        }
    }
}
