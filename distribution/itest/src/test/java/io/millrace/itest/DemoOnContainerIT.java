package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.PostgreSQLContainer;

/** The demo against somebody else's server: a PostgreSQL in a container. Skipped where there is no container engine. */
class DemoOnContainerIT {

    @TempDir
    private Path folder;

    @Test
    void ordersOfAnExistingServerAreCountedExactlyOnce() throws InterruptedException {
        assumeTrue(DockerClientFactory.instance().isDockerAvailable(), "a PostgreSQL in a container is not tested: there is no container engine");
        try (PostgreSQLContainer<?> postgres = new PostgreSQLContainer<>("postgres:18").withCommand("postgres", "-c", "wal_level=logical")) {
            postgres.start();
            String url = "postgresql://%s:%s@%s:%d/%s".formatted(postgres.getUsername(), postgres.getPassword(), postgres.getHost(),
                    postgres.getFirstMappedPort(), postgres.getDatabaseName());
            try (Millrace demo = Millrace.fork(folder.resolve("data"), "demo", "--seconds", "15", "--postgres", url)) {
                assertThat(demo.exitCode(Duration.ofMinutes(4))).as(demo.output()).isZero();
                assertThat(demo.output()).contains("reconciled exactly");
            }
        }
    }
}
