package io.millrace.kernel.archive;

import io.millrace.api.plugin.Plugin;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarFile;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * A plugin as it was handed in: a bundle, or a plain Kafka Connect plugin as a jar, a zip or tar.gz of jars, or a folder of jars. What it is
 * stands in its content, never in its name.
 */
public final class PluginArchive {

    private static final int DEEPEST_FOLDER = 8;
    private static final int LARGEST_MANIFEST = 4 << 20;

    private final Path file;
    private final String fileName;
    private final Limits limits;

    /** @param fileName the name the file had at its origin: a plain plugin is named and versioned after it */
    public PluginArchive(Path file, String fileName, Limits limits) {
        this.file = file;
        this.fileName = fileName;
        this.limits = limits;
    }

    /** The plugin's name without reading more than needed: the bundle header, or the file's name. */
    public String name() throws IOException {
        Optional<String> header = header(Plugin.NAME_HEADER);
        return header.isPresent() ? header.get() : FileVersion.of(fileName).name();
    }

    /**
     * Checks everything and writes one bundle.
     *
     * @param forced name for a plain plugin, or null to name it after its file
     * @param work   an empty folder for unpacked parts; left for the caller to delete
     */
    public void writeBundle(Path target, String forced, Path work, WrapImports imports) throws IOException {
        if (!Files.isDirectory(file) && Files.size(file) > limits.packedBytes()) {
            throw new ArchiveException(fileName + " has " + Files.size(file) + " bytes, more than plugin.max.bytes=" + limits.packedBytes()
                    + " allows");
        }
        Budget budget = new Budget(fileName, limits);
        if (header(Plugin.NAME_HEADER).isPresent()) {
            JarCheck.whole(fileName, file, budget);
            if (header("Bundle-SymbolicName").isEmpty()) {
                throw new ArchiveException(fileName + " has the manifest header " + Plugin.NAME_HEADER
                        + " but no Bundle-SymbolicName; build it as an OSGi bundle, or leave the header out");
            }
            Files.copy(file, target);
            return;
        }
        List<Path> jars = jars(work, budget);
        if (jars.isEmpty()) {
            throw new ArchiveException(fileName + " holds no jar; a plugin is a bundle, a jar, or a zip, tar.gz or folder of jars");
        }
        FileVersion named = FileVersion.of(fileName);
        new ConnectBundle(forced != null ? forced : named.name(), named.version(), jars, imports).write(target);
    }

    private List<Path> jars(Path work, Budget budget) throws IOException {
        if (Files.isDirectory(file)) {
            return checked(jarsOfFolder(), budget);
        }
        return switch (kind()) {
            case TAR_GZ -> checked(unpackTar(work, budget), budget);
            case ZIP -> {
                JarCheck.whole(fileName, file, budget);
                yield isJar() ? List.of(file) : checked(unpackZip(work, budget), budget);
            }
            case OTHER -> throw new ArchiveException(fileName + " is neither a jar or zip nor a tar.gz"
                    + (Files.size(file) == 0 ? " (it is empty)" : "") + "; a plugin is a bundle, a jar, or a zip, tar.gz or folder of jars");
        };
    }

    private enum Kind { ZIP, TAR_GZ, OTHER }

    private Kind kind() throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] magic = in.readNBytes(2);
            if (magic.length == 2 && magic[0] == 'P' && magic[1] == 'K') {
                return Kind.ZIP;
            }
            return magic.length == 2 && (magic[0] & 0xff) == 0x1f && (magic[1] & 0xff) == 0x8b ? Kind.TAR_GZ : Kind.OTHER;
        }
    }

    /** A zip with classes in it is a jar; one without is a package of jars. */
    private boolean isJar() throws IOException {
        try (ZipFile zip = new ZipFile(file.toFile())) {
            return zip.stream().anyMatch(entry -> entry.getName().endsWith(".class"));
        }
    }

    private List<Path> unpackZip(Path work, Budget budget) throws IOException {
        List<Path> jars = new ArrayList<>();
        try (ZipFile zip = new ZipFile(file.toFile())) {
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                if (!entry.isDirectory() && entry.getName().endsWith(".jar")) {
                    try (InputStream in = zip.getInputStream(entry)) {
                        jars.add(unpack(entry.getName(), in, work, jars.size(), budget));
                    }
                }
            }
        }
        return jars;
    }

    private List<Path> unpackTar(Path work, Budget budget) throws IOException {
        List<Path> jars = new ArrayList<>();
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file), 64 * 1024)) {
            TarFile tar = new TarFile(fileName, in);
            for (String name = tar.next(); name != null; name = tar.next()) {
                budget.entry();
                EntryName.check(fileName, name);
                if (name.endsWith(".jar")) {
                    jars.add(unpack(name, tar.content(), work, jars.size(), budget));
                } else {
                    budget.copy(tar.content(), OutputStream.nullOutputStream());
                }
            }
        } catch (EOFException | ZipException | NumberFormatException e) {
            throw new ArchiveException(fileName + " is not a whole tar.gz (" + e.getMessage() + "); the file is corrupt, get it again", e);
        }
        return jars;
    }

    private static Path unpack(String entry, InputStream in, Path work, int number, Budget budget) throws IOException {
        // One folder each: two jars of an archive may have the same file name.
        Path folder = Files.createDirectories(work.resolve(Integer.toString(number)));
        Path jar = folder.resolve(EntryName.fileName(entry));
        try (OutputStream out = Files.newOutputStream(jar)) {
            budget.copy(in, out);
        }
        return jar;
    }

    private List<Path> jarsOfFolder() throws IOException {
        try (Stream<Path> files = Files.walk(file, DEEPEST_FOLDER)) {
            return files.filter(path -> path.toString().endsWith(".jar") && Files.isRegularFile(path)).sorted().toList();
        }
    }

    private List<Path> checked(List<Path> jars, Budget budget) throws IOException {
        for (Path jar : jars) {
            JarCheck.whole(fileName + ": " + jar.getFileName(), jar, budget);
        }
        return jars;
    }

    private Optional<String> header(String header) throws IOException {
        if (Files.isDirectory(file) || kind() != Kind.ZIP) {
            return Optional.empty();
        }
        try (ZipFile zip = new ZipFile(file.toFile())) {
            ZipEntry entry = zip.getEntry(JarFile.MANIFEST_NAME);
            if (entry == null) {
                return Optional.empty();
            }
            byte[] manifest;
            try (InputStream in = zip.getInputStream(entry)) {
                manifest = in.readNBytes(LARGEST_MANIFEST + 1);
            }
            if (manifest.length > LARGEST_MANIFEST) {
                throw new IOException("its manifest is larger than " + LARGEST_MANIFEST + " bytes");
            }
            return Optional.ofNullable(new Manifest(new ByteArrayInputStream(manifest)).getMainAttributes().getValue(header))
                    .map(String::trim);
        } catch (IOException | IllegalArgumentException e) {
            throw new ArchiveException(fileName + " is not a readable jar or zip (" + e.getMessage() + "); the file is corrupt, get it again", e);
        }
    }
}
