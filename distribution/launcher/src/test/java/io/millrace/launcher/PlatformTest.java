package io.millrace.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PlatformTest {

    @TempDir
    private Path folder;

    @Test
    void itTellsWhereItListensAndForgetsItWhenStopped() throws Exception {
        Platform platform = Platform.start(options(distribution().withBroker()).listen("127.0.0.1:19092"));
        platform.awaitStarted();
        assertThat(platform.listen()).isEqualTo("127.0.0.1:19092");
        assertThat(platform.startupMillis()).isPositive();
        assertThat(Instance.on(data())).hasValueSatisfying(instance -> {
            assertThat(instance.pid()).isEqualTo(ProcessHandle.current().pid());
            assertThat(instance.listen()).isEqualTo("127.0.0.1:19092");
        });
        assertThat(platform.describe()).contains("127.0.0.1:19092", data().toString());
        long before = System.nanoTime();
        platform.stop();
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(5));
        assertThat(Instance.on(data())).isEmpty();
    }

    @Test
    void whatAKilledProcessLeftBehindIsNoInstance() throws Exception {
        Files.createDirectories(data().resolve("run"));
        Files.writeString(data().resolve("run/instance.properties"), "pid=" + ProcessHandle.current().pid() + "\nlisten=a:1\nhttp=a:2\n");
        Files.writeString(data().resolve("run/lock"), "1\n");
        assertThat(Instance.on(data())).isEmpty();
    }

    @Test
    void itStartsAgainOnTheSameFolder() throws Exception {
        TestDistribution distribution = distribution().withBroker();
        for (int i = 0; i < 2; i++) {
            Platform platform = Platform.start(options(distribution));
            platform.awaitStarted();
            platform.stop();
        }
    }

    @Test
    void nativeCodeIsUnpackedIntoTheDataFolderOfThePlatformThatRunsUnlessSomebodySetAnother() throws Exception {
        TestDistribution distribution = distribution().withBroker();
        String snappy = "org.xerial.snappy.tempdir";
        String zstd = "ZstdTempFolder";
        assertThat(System.getProperty(snappy)).isNull();
        System.setProperty(zstd, folder.toString());
        try {
            Platform platform = Platform.start(options(distribution));
            platform.awaitStarted();
            assertThat(Path.of(System.getProperty(snappy))).isDirectory().startsWith(data());
            assertThat(System.getProperty(zstd)).isEqualTo(folder.toString());
            platform.stop();
            assertThat(System.getProperty(snappy)).isNull();
            assertThat(System.getProperty(zstd)).isEqualTo(folder.toString());
        } finally {
            System.clearProperty(zstd);
        }
    }

    @Test
    void aDataFolderInUseIsRefusedWithItsOwnersNumber() throws Exception {
        TestDistribution distribution = distribution().withBroker();
        Platform platform = Platform.start(options(distribution));
        assertThatThrownBy(() -> Platform.start(options(distribution))).isInstanceOf(StartFailure.class)
                .hasMessageContaining(data().toString()).hasMessageContaining(Long.toString(ProcessHandle.current().pid()));
        platform.awaitStarted();
        platform.stop();
    }

    @Test
    void aFailingBundleIsToldInItsOwnWords() throws Exception {
        Platform platform = Platform.start(options(distribution().withBroker().withFailing("40-connect")));
        assertThatThrownBy(platform::awaitStarted).isInstanceOf(StartFailure.class)
                .hasMessage("port 9092 is taken; free it or choose another one with --listen");
        Platform.start(options(new TestDistribution(folder.resolve("sound")).withBroker())).stop();
    }

    @Test
    void aFailingBundleAboveTheRequiredOnesStopsNobody() throws Exception {
        Platform platform = Platform.start(options(distribution().withBroker().withFailing("60-web")));
        platform.awaitStarted();
        platform.stop();
    }

    @Test
    void aMissingPackageIsNamedBeforeAnythingStarts() throws Exception {
        assertThatThrownBy(() -> Platform.start(options(distribution().withBroker().withUnresolvable()))).isInstanceOf(StartFailure.class)
                .hasMessageContaining("lonely needs package com.example.absent from version 1.2.0 to below 2.0.0, which no bundle exports");
    }

    @Test
    void aDistributionWithoutBrokerIsRefused() throws Exception {
        Platform platform = Platform.start(options(distribution().withFailing("60-web")));
        assertThatThrownBy(platform::awaitReady).isInstanceOf(StartFailure.class).hasMessageContaining("broker");
    }

    @Test
    void anUnknownKeyIsNamedWithItsFileAndItsNearestNeighbour() throws Exception {
        Path etc = Files.createDirectories(folder.resolve("etc"));
        Files.writeString(etc.resolve("millrace.properties"), "num.partitons=3\n");
        assertThatThrownBy(() -> Platform.start(options(distribution().withBroker()).etc(etc)))
                .hasMessageContaining(etc.resolve("millrace.properties").toString()).hasMessageContaining("num.partitons").hasMessageContaining("num.partitions");
    }

    @Test
    void aWrongValueIsNamedWithWhatIsExpected() {
        assertThatThrownBy(() -> Platform.start(options(distribution().withBroker()).set("num.partitions", "many")))
                .hasMessageContaining("num.partitions=many").hasMessageContaining("whole number");
    }

    @Test
    void aDataFolderThatIsAFileIsNamed() throws Exception {
        Files.writeString(data(), "");
        assertThatThrownBy(() -> Platform.start(options(distribution().withBroker()))).hasMessageContaining(data() + " is a file");
    }

    private TestDistribution distribution() {
        return new TestDistribution(folder.resolve("home"));
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Options options(TestDistribution distribution) {
        return Platform.options(distribution.home()).data(data());
    }
}
