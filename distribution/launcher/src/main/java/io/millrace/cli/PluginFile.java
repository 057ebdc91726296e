package io.millrace.cli;

import io.millrace.cli.source.PluginSource;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The plugin that a command is to hand over: where it is and what it must be. */
final class PluginFile {

    @Parameters(paramLabel = "SOURCE", description = "A file (bundle, jar, zip, tar.gz), a folder of jars, a URL (http, https, file), or Maven coordinates "
            + "mvn:GROUP:ARTIFACT:VERSION[:CLASSIFIER[@EXTENSION]], which ~/.m2/settings.xml helps to find.")
    private String source;

    @Option(names = "--sha256", paramLabel = "HEX", description = "Refuse the file unless it has this checksum.")
    private String sha256;

    @Option(names = "--max-bytes", paramLabel = "N", defaultValue = "536870912", description = "Largest download (default: ${DEFAULT-VALUE}).")
    private long largestBytes;

    @Option(names = "--signature", paramLabel = "FILE", description = "The signature made by 'millrace plugin sign' (default: SOURCE.sig, where it is).")
    private Path signature;

    /** What is to be done with the fetched file and its signature, which may be empty. */
    interface Use<R> {
        R apply(Path file, String signature) throws IOException;
    }

    /** Fetches, checks, uses, and leaves nothing behind. */
    <R> R fetched(Consumer<String> progress, Use<R> use) throws IOException {
        PluginSource from = PluginSource.of(source, largestBytes, () -> Distribution.home().resolve("lib").resolve("maven"));
        Path work = Files.createTempDirectory("millrace-plugin");
        try {
            Path file = from.fetch(work, progress);
            if (sha256 != null) {
                check(file);
            }
            return use.apply(file, signature(file));
        } finally {
            delete(work);
        }
    }

    private String signature(Path file) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".sig");
        if (signature == null && !Files.isRegularFile(beside)) {
            return "";
        }
        return Files.readString(signature == null ? beside : signature).strip();
    }

    private void check(Path file) throws IOException {
        String is = sha256(file);
        if (!is.equals(sha256.toLowerCase(Locale.ROOT))) {
            throw new IOException(source + " has SHA-256 " + is + ", expected " + sha256 + "; it is not the file that was meant");
        }
    }

    static String sha256(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] buffer = new byte[64 * 1024];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    private static void delete(Path folder) throws IOException {
        List<Path> all;
        try (Stream<Path> tree = Files.walk(folder)) {
            all = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.deleteIfExists(path);
        }
    }
}
