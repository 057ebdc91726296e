package io.millrace.kernel.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.plugin.Plugin;
import io.millrace.api.plugin.PluginManager.PluginInfo;
import io.millrace.api.plugin.PluginManager.State;
import io.millrace.api.plugin.PluginScope;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Enumeration;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.sink.SinkRecord;
import org.apache.kafka.connect.transforms.InsertField;
import org.apache.kafka.connect.transforms.Transformation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The unmodified connect-file plugin of Apache Kafka, in the shapes plugins come in. */
class ConnectPluginTest {

    private static final String SOURCE = "org.apache.kafka.connect.source.SourceConnector";
    private static final String SINK = "org.apache.kafka.connect.sink.SinkConnector";
    private static final String FILE_SOURCE = "org.apache.kafka.connect.file.FileStreamSourceConnector";
    private static final String FILE_SINK = "org.apache.kafka.connect.file.FileStreamSinkConnector";

    @TempDir
    Path temp;

    private final RecordingHost host = new RecordingHost("connect");
    private final Path connectFile = Platform.jarOf(FILE_SOURCE);
    private Platform platform;

    @BeforeEach
    void startPlatform() throws Exception {
        platform = Platform.withKafka(temp.resolve("data"));
        platform.register(host);
    }

    @AfterEach
    void stopPlatform() throws Exception {
        platform.close();
    }

    @Test
    void aSingleJarIsWrappedAndItsConnectorsFound() throws Exception {
        PluginInfo info = platform.plugins.install(connectFile);
        assertThat(info).isEqualTo(new PluginInfo("connect-file", "4.3.1", State.ACTIVE, ""));
        assertConnectorsWork(host.running);
    }

    @Test
    void aZipOfJarsIsWrappedWithoutWhatThePlatformProvides() throws Exception {
        Path zip = temp.resolve("file-plugin-2.0-beta.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            for (String name : new String[] {"file-plugin/lib/connect-file-4.3.1.jar", "file-plugin/lib/kafka-clients-4.3.1.jar"}) {
                out.putNextEntry(new ZipEntry(name));
                Files.copy(connectFile, out);
            }
            out.putNextEntry(new ZipEntry("file-plugin/README.md"));
        }
        assertThat(platform.plugins.install(zip)).isEqualTo(new PluginInfo("file-plugin", "2.0.0.beta", State.ACTIVE, ""));
        assertConnectorsWork(host.running);
        assertThat(platform.pluginBundles().getFirst().getHeaders().get("Bundle-ClassPath")).isEqualTo(".,lib/0-connect-file-4.3.1.jar");
    }

    @Test
    void aTarGzIsWrapped() throws Exception {
        Path folder = Files.createDirectories(temp.resolve("parts/some-connector"));
        Files.copy(connectFile, folder.resolve("connect-file-4.3.1.jar"));
        Path archive = temp.resolve("some-connector-1.2.3.tar.gz");
        Process tar = new ProcessBuilder("tar", "czf", archive.toString(), "-C", temp.resolve("parts").toString(), "some-connector").start();
        assertThat(tar.waitFor()).isZero();
        assertThat(platform.plugins.install(archive)).isEqualTo(new PluginInfo("some-connector", "1.2.3", State.ACTIVE, ""));
        assertConnectorsWork(host.running);
    }

    @Test
    void aFolderIsWrapped() throws Exception {
        Path folder = Files.createDirectories(temp.resolve("file-connector"));
        Files.copy(connectFile, folder.resolve("connect-file-4.3.1.jar"));
        assertThat(platform.plugins.install(folder).name()).isEqualTo("file-connector");
        assertConnectorsWork(host.running);
    }

    @Test
    void connectorsOfAJarWithoutServiceFilesAreFoundByTheirSuperclass() throws Exception {
        Path bare = temp.resolve("bare-1.0.jar");
        try (ZipFile zip = new ZipFile(connectFile.toFile()); OutputStream file = Files.newOutputStream(bare);
                ZipOutputStream out = new ZipOutputStream(file)) {
            Enumeration<? extends ZipEntry> entries = zip.entries();
            while (entries.hasMoreElements()) {
                ZipEntry entry = entries.nextElement();
                if (!entry.getName().startsWith("META-INF/")) {
                    out.putNextEntry(new ZipEntry(entry.getName()));
                    zip.getInputStream(entry).transferTo(out);
                }
            }
        }
        platform.plugins.install(bare);
        assertConnectorsWork(host.running);
    }

    @Test
    void whatAServiceFileLeavesOutIsFoundTooAndCopiesOfKafkasClassesAreNot() throws Exception {
        Path partial = temp.resolve("partial-1.0.jar");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(partial))) {
            for (Class<?> type : new Class<?>[] {Shout.class, Whisper.class, InsertField.Key.class}) {
                String name = type.getName().replace('.', '/') + ".class";
                out.putNextEntry(new ZipEntry(name));
                try (InputStream in = type.getResourceAsStream("/" + name)) {
                    in.transferTo(out);
                }
            }
            out.putNextEntry(new ZipEntry("META-INF/services/" + Transformation.class.getName()));
            out.write((Shout.class.getName() + "\n").getBytes(StandardCharsets.UTF_8));
        }
        platform.plugins.install(partial);
        assertThat(host.running.providers(Transformation.class.getName())).containsExactlyInAnyOrder(Shout.class.getName(), Whisper.class.getName());
    }

    @Test
    void anotherBuildUnderAnotherFileNameUpdatesThePluginOfThatName() throws Exception {
        platform.plugins.install(connectFile);
        Path renamed = Files.copy(connectFile, temp.resolve("whatever-5.0.jar"));
        assertThat(platform.plugins.update("connect-file", renamed)).isEqualTo(new PluginInfo("connect-file", "5.0.0", State.ACTIVE, ""));
        assertThat(host.calls).containsExactly("arrived 4.3.1", "validate 4.3.1 > 5.0.0", "handOver 4.3.1 > 5.0.0");
    }

    @Test
    void aWrappedPluginsLoaderIsFreedAfterUse() throws Exception {
        platform.plugins.install(connectFile);
        assertConnectorsWork(host.running);
        platform.plugins.remove("connect-file");
        assertThat(Await.collected(() -> platform.plugins.retired().unreclaimed().isEmpty())).isTrue();
    }

    @Test
    void aZipWithoutAnyJarIsRefused() throws Exception {
        Path zip = temp.resolve("empty.zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
            out.putNextEntry(new ZipEntry("README.md"));
        }
        assertThatThrownBy(() -> platform.plugins.install(zip)).hasMessageStartingWith("empty.zip holds no jar");
    }

    private static void assertConnectorsWork(Plugin plugin) throws Exception {
        assertThat(plugin.providers(SOURCE)).containsExactly(FILE_SOURCE);
        assertThat(plugin.providers(SINK)).containsExactly(FILE_SINK);
        try (var _ = PluginScope.of(plugin)) {
            Object connector = plugin.load(FILE_SOURCE).getConstructor().newInstance();
            assertThat(connector.getClass().getMethod("version").invoke(connector)).isNotNull();
            Object config = connector.getClass().getMethod("config").invoke(connector);
            assertThat(config.getClass().getClassLoader()).isNotSameAs(connector.getClass().getClassLoader());
            assertThat(config.getClass().getMethod("names").invoke(config).toString()).contains("file", "topic");
        }
    }

    /** Named by the service file. */
    public static class Shout implements Transformation<SinkRecord> {

        @Override
        public SinkRecord apply(SinkRecord sinkRecord) {
            return sinkRecord;
        }

        @Override
        public ConfigDef config() {
            return new ConfigDef();
        }

        @Override
        public void configure(Map<String, ?> settings) {
            // Nothing to set.
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }

    /** Not named by it. */
    public static final class Whisper extends Shout {}
}
