package io.millrace.kernel.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.kernel.plugin.PluginJar;
import io.millrace.kernel.plugin.sample.Greeting;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PluginArchiveTest {

    private static final WrapImports NOTHING = new WrapImports(Map.of(), Set.of(), Map.of(), Map.of(), Set.of());
    private static final Limits WIDE = new Limits(1 << 24, 1 << 26, 1000);

    @TempDir
    Path temp;

    private void write(Path file, Limits limits) throws IOException {
        new PluginArchive(file, file.getFileName().toString(), limits).writeBundle(temp.resolve("out.jar"), null,
                Files.createDirectories(temp.resolve("work")), NOTHING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"../escape.jar", "lib/../../escape.jar", "/etc/escape.jar", "C:/escape.jar", "lib\\..\\escape.jar"})
    void anEntryThatPointsOutsideIsRefused(String entry) throws IOException {
        Path zip = temp.resolve("slip.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            out.putNextEntry(new ZipEntry(entry));
            out.write(1);
        }
        assertThatThrownBy(() -> write(zip, WIDE)).isInstanceOf(ArchiveException.class)
                .hasMessageStartingWith("slip.zip: entry '" + entry + "' points outside of the archive");
        assertThat(temp.resolveSibling("escape.jar")).doesNotExist();
    }

    @Test
    void aBombIsStoppedByWhatComesOutNotByWhatItsHeaderSays() throws IOException {
        Path zip = temp.resolve("bomb.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            out.putNextEntry(new ZipEntry("zeros.jar"));
            out.write(new byte[5_000_000]);
        }
        assertThat(Files.size(zip)).isLessThan(20_000);
        assertThatThrownBy(() -> write(zip, new Limits(1 << 20, 1 << 20, 1000))).hasMessageContaining("unpacks to more than 1048576 bytes");
    }

    @Test
    void tooManyFilesAreRefused() throws IOException {
        Path zip = temp.resolve("many.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            for (int i = 0; i < 20; i++) {
                out.putNextEntry(new ZipEntry(i + ".txt"));
            }
        }
        assertThatThrownBy(() -> write(zip, new Limits(1 << 20, 1 << 20, 10))).hasMessageContaining("more than 10 files");
    }

    @Test
    void aFileLargerThanAllowedIsRefusedUnread() throws IOException {
        Path jar = PluginJar.bundle("greeter", "1.0.0").with(Greeting.class).writeTo(temp.resolve("greeter.jar"));
        assertThatThrownBy(() -> write(jar, new Limits(100, 1 << 20, 10))).hasMessageContaining("plugin.max.bytes=100");
    }

    @Test
    void everyTruncationOfABundleIsRefusedByName() throws IOException {
        byte[] whole = Files.readAllBytes(PluginJar.bundle("greeter", "1.0.0").with(Greeting.class).writeTo(temp.resolve("whole.jar")));
        for (int length = 0; length < whole.length; length += 37) {
            Path cut = Files.write(temp.resolve("cut.jar"), Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> write(cut, WIDE)).as("first %d bytes", length).isInstanceOf(ArchiveException.class)
                    .hasMessageStartingWith("cut.jar ");
        }
    }

    @Test
    void aChangedByteInAClassIsFoundByItsChecksum() throws IOException {
        byte[] bytes = new byte[20_000];
        new Random(7).nextBytes(bytes);
        Path jar = temp.resolve("flipped.jar");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            out.setLevel(0);
            out.putNextEntry(new ZipEntry("a/Some.class"));
            out.write(bytes);
        }
        byte[] file = Files.readAllBytes(jar);
        file[10_000] ^= 1;
        Files.write(jar, file);
        assertThatThrownBy(() -> write(jar, WIDE)).isInstanceOf(ArchiveException.class).hasMessageContaining("entry 'a/Some.class' has CRC");
    }

    @Test
    void noiseNeverGetsThrough() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            byte[] noise = new byte[random.nextInt(3000)];
            random.nextBytes(noise);
            if (noise.length > 1 && i % 3 == 1) {
                noise[0] = 'P';
                noise[1] = 'K';
            } else if (noise.length > 1 && i % 3 == 2) {
                noise[0] = 0x1f;
                noise[1] = (byte) 0x8b;
            }
            Path file = Files.write(temp.resolve("noise"), noise);
            assertThatThrownBy(() -> write(file, WIDE)).as("seed %d, round %d", seed, i).isInstanceOf(ArchiveException.class);
        }
    }

    @Test
    void aTarCutShortIsRefused() throws IOException {
        Path archive = temp.resolve("cut.tar.gz");
        try (GZIPOutputStream out = new GZIPOutputStream(Files.newOutputStream(archive))) {
            out.write(new byte[100]);
            out.write(1);
        }
        assertThatThrownBy(() -> write(archive, WIDE)).isInstanceOf(ArchiveException.class).hasMessageStartingWith("cut.tar.gz ");
    }

    @Test
    void aPlainJarWithAStreamJobSeesTheDslAndOneWithoutDoesNot() throws IOException {
        WrapImports imports = new WrapImports(Map.of(), Set.of(), Map.of(), Map.of("io.millrace.streams", "[1.0,2)"), Set.of());
        Path plain = PluginJar.plain().with(Greeting.class).writeTo(temp.resolve("plain-1.0.0.jar"));
        Path job = PluginJar.plain().with(Greeting.class).entry("META-INF/services/io.millrace.streams.StreamJob", "org.example.Job\n")
                .writeTo(temp.resolve("job-1.0.0.jar"));
        assertThat(imported(plain, imports)).isEmpty();
        assertThat(imported(job, imports)).isEqualTo("io.millrace.streams;version=\"[1.0,2)\"");
        assertThat(imported(job, NOTHING)).as("so that the resolver names what is missing").isEqualTo("io.millrace.streams");
    }

    private String imported(Path jar, WrapImports imports) throws IOException {
        Path bundle = temp.resolve("wrapped.jar");
        new PluginArchive(jar, jar.getFileName().toString(), WIDE).writeBundle(bundle, null, Files.createDirectories(temp.resolve("work")), imports);
        try (JarFile wrapped = new JarFile(bundle.toFile())) {
            return wrapped.getManifest().getMainAttributes().getValue("Import-Package");
        }
    }

    @Test
    void aHugeManifestIsRefusedBeforeItIsParsed() throws IOException {
        Path jar = temp.resolve("boast.jar");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new ZipEntry("META-INF/MANIFEST.MF"));
            out.write(new byte[8 << 20]);
        }
        assertThatThrownBy(() -> write(jar, WIDE)).hasMessageContaining("its manifest is larger than");
    }

    @Test
    void aBundleWithoutSymbolicNameIsRefused() {
        Path jar = PluginJar.plain().header("Millrace-Plugin", "greeter").with(Greeting.class).writeTo(temp.resolve("nameless.jar"));
        assertThatThrownBy(() -> write(jar, WIDE)).hasMessageContaining("no Bundle-SymbolicName");
    }

    @ParameterizedTest
    @CsvSource({
        "mongo-kafka-connect-1.13.0-all.jar, mongo-kafka-connect, 1.13.0.all",
        "debezium-connector-postgres-3.6.1.Final-plugin.tar.gz, debezium-connector-postgres, 3.6.1.Final-plugin",
        "connect-file-4.3.1.jar, connect-file, 4.3.1",
        "s3-sink_v2.zip, s3-sink, 2.0.0",
        "my plugin.jar, my-plugin, 0.0.0",
        "sink-20261121123456.jar, sink-20261121123456, 0.0.0",
    })
    void nameAndVersionStandInTheFileName(String file, String name, String version) {
        assertThat(FileVersion.of(file)).isEqualTo(new FileVersion(name, version));
    }
}
