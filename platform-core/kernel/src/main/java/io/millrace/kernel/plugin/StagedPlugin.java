package io.millrace.kernel.plugin;

import io.millrace.api.plugin.Plugin;
import io.millrace.kernel.archive.Limits;
import io.millrace.kernel.archive.PluginArchive;
import io.millrace.kernel.archive.WrapImports;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.osgi.framework.Version;

/** A plugin file checked and made one bundle in a work folder; nothing of it runs yet. */
record StagedPlugin(StoredPlugin plugin, Path bundle) {

    /**
     * @param name   what a plain plugin is to be called, or null to name it after its file
     * @param source SHA-256 of the file
     */
    static StagedPlugin of(Path file, String name, String source, StoredPlugin.Origin origin, String signature, Path work, Limits limits,
            WrapImports imports) throws IOException {
        Path bundle = work.resolve("bundle.jar");
        new PluginArchive(file, file.getFileName().toString(), limits)
                .writeBundle(bundle, name, Files.createDirectories(work.resolve("unpacked")), imports);
        Attributes header;
        try (JarFile jar = new JarFile(bundle.toFile(), false)) {
            header = jar.getManifest().getMainAttributes();
        }
        String version = header.getValue("Bundle-Version");
        return new StagedPlugin(new StoredPlugin(header.getValue(Plugin.NAME_HEADER).trim(), normal(version),
                sha256(bundle) + ".jar", Files.size(bundle), source, stamp(file), origin, signature), bundle);
    }

    /** As the framework writes it, so that versions can be compared as text. */
    private static String normal(String version) {
        try {
            return Version.parseVersion(version).toString();
        } catch (IllegalArgumentException e) {
            // The framework refuses the bundle for it, and says so.
            return version;
        }
    }

    /** Tells cheaply whether a file is likely the same as before; empty for a folder, whose files would all have to be asked. */
    static String stamp(Path file) throws IOException {
        return Files.isDirectory(file) ? "" : Files.size(file) + ":" + Files.getLastModifiedTime(file).toMillis();
    }

    static String sha256(Path file) throws IOException {
        MessageDigest digest = sha256();
        for (Path part : parts(file)) {
            if (!part.equals(file)) {
                digest.update(file.relativize(part).toString().getBytes(StandardCharsets.UTF_8));
            }
            try (InputStream in = Files.newInputStream(part)) {
                byte[] buffer = new byte[64 * 1024];
                int read;
                while ((read = in.read(buffer)) >= 0) {
                    digest.update(buffer, 0, read);
                }
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static List<Path> parts(Path file) throws IOException {
        if (!Files.isDirectory(file)) {
            return List.of(file);
        }
        try (Stream<Path> tree = Files.walk(file)) {
            return tree.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
