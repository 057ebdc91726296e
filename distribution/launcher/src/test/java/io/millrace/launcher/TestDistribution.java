package io.millrace.launcher;

import io.millrace.api.broker.Broker;
import io.millrace.launcher.fixture.FailingActivator;
import io.millrace.launcher.fixture.ListeningBroker;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.zip.ZipEntry;

/** A distribution folder with bundles made on the spot. */
final class TestDistribution {

    private static final String KEYS = """
            listen = address | 127.0.0.1:9092 | Where Kafka clients connect
            num.partitions = int | 1 | Partitions of a topic
            """;

    private final Path home;

    TestDistribution(Path home) {
        this.home = home;
    }

    Path home() {
        return home;
    }

    TestDistribution withBroker() throws IOException {
        return bundle("20-broker/millrace-broker.jar", "broker", null, KEYS, ListeningBroker.class, ListeningBroker.class, Broker.class);
    }

    TestDistribution withFailing(String folder) throws IOException {
        return bundle(folder + "/failing.jar", "failing", null, null, FailingActivator.class, FailingActivator.class);
    }

    TestDistribution withUnresolvable() throws IOException {
        return bundle("40-connect/lonely.jar", "lonely", "org.osgi.framework,com.example.absent;version=\"[1.2,2)\"", null, null);
    }

    private TestDistribution bundle(String path, String name, String imports, String keys, Class<?> activator, Class<?>... classes) throws IOException {
        Path file = home.resolve("system").resolve(path);
        Files.createDirectories(file.getParent());
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", name);
        headers.putValue("Bundle-Version", "1.0.0");
        headers.putValue("Import-Package", imports == null ? "org.osgi.framework" : imports);
        if (activator != null) {
            headers.putValue("Bundle-Activator", activator.getName());
        }
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest)) {
            for (Class<?> type : classes) {
                String entry = type.getName().replace('.', '/') + ".class";
                jar.putNextEntry(new ZipEntry(entry));
                try (InputStream code = type.getResourceAsStream("/" + entry)) {
                    code.transferTo(jar);
                }
            }
            if (keys != null) {
                jar.putNextEntry(new ZipEntry("MILLRACE-INF/config-keys.properties"));
                jar.write(keys.getBytes());
            }
        }
        return this;
    }
}
