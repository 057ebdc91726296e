package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

/** Clients in other languages, unmodified. One that is not installed is skipped, which the console tells. */
class ForeignClientsIT {

    private static final int RECORDS = 10_000;
    private static final int KEYS = 97;
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final Path CLIENTS = Path.of("src", "test", "clients").toAbsolutePath();

    @TempDir
    private static Path folder;
    private static Millrace millrace;

    @BeforeAll
    static void start() {
        millrace = Millrace.start(folder.resolve("data"));
    }

    @AfterAll
    static void stop() {
        millrace.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void kcatProducesAndConsumes(String codec) throws Exception {
        assumeRuns("kcat", "kcat", "-V");
        String topic = "kcat-" + codec;
        Path input = folder.resolve(topic);
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < RECORDS; i++) {
            lines.add("k" + i % KEYS + ":" + i);
        }
        Files.write(input, lines);
        Result produced = shell("kcat -b %s -t %s -P -K: -z %s -H src=kcat -X acks=all < %s".formatted(millrace.bootstrap(), topic, codec, input));
        assertThat(produced.exitCode()).as(produced.output()).isZero();
        Result consumed = shell("kcat -b %s -G group-%s -X auto.offset.reset=earliest -e -q -f '%%k %%s %%h\\n' %s"
                .formatted(millrace.bootstrap(), topic, topic));
        List<String> records = consumed.output().lines().filter(line -> line.startsWith("k")).toList();
        assertThat(records).hasSize(RECORDS);
        Map<String, Integer> last = new HashMap<>();
        for (String record : records) {
            String[] parts = record.split(" ");
            int value = Integer.parseInt(parts[1]);
            assertThat(parts[0]).isEqualTo("k" + value % KEYS);
            assertThat(parts[2]).isEqualTo("src=kcat");
            Integer before = last.put(parts[0], value);
            assertThat(before == null || before < value).as("%s: %s before %d", parts[0], before, value).isTrue();
        }
    }

    @Test
    void confluentKafkaProducesAndConsumes() throws Exception {
        String python = python("confluent_kafka");
        assertSucceeds(run(python, "confluent_client.py"));
    }

    @Test
    void kafkaPythonProducesAndConsumes() throws Exception {
        String python = python("kafka");
        assertSucceeds(run(python, "kafka_python_client.py"));
    }

    @Test
    void kafkajsProducesAndConsumes() throws Exception {
        assumeRuns("kafkajs", "node", "--version");
        Path modules = Files.createDirectories(folder.resolve("kafkajs"));
        for (String file : List.of("package.json", "kafkajs_client.mjs")) {
            Files.copy(CLIENTS.resolve(file), modules.resolve(file));
        }
        Result installed = shell("cd " + modules + " && npm install --no-audit --no-fund --no-package-lock");
        assumeTrue(installed.exitCode() == 0, () -> "kafkajs is not tested: npm cannot install it: " + installed.output());
        assertSucceeds(Result.of(LIMIT, List.of("node", modules.resolve("kafkajs_client.mjs").toString(), millrace.bootstrap(), Integer.toString(RECORDS)), Map.of()));
    }

    private static Result run(String interpreter, String script) throws Exception {
        return Result.of(LIMIT, List.of(interpreter, CLIENTS.resolve(script).toString(), millrace.bootstrap(), Integer.toString(RECORDS)),
                Map.of("PYTHONDONTWRITEBYTECODE", "1"));
    }

    private static void assertSucceeds(Result result) {
        assertThat(result.exitCode()).as(result.output()).isZero();
    }

    /** The first interpreter that has the module: Debian's, then the path's. */
    private static String python(String module) throws Exception {
        for (String interpreter : List.of("/usr/bin/python3", "python3")) {
            if (runs(interpreter, "-c", "import " + module)) {
                return interpreter;
            }
        }
        throw new TestAbortedException(module + " is not tested: there is no python3 with that module");
    }

    private static void assumeRuns(String client, String... command) throws Exception {
        assumeTrue(runs(command), () -> client + " is not tested: " + command[0] + " is not installed");
    }

    private static boolean runs(String... command) throws InterruptedException {
        try {
            return Result.of(LIMIT, List.of(command), Map.of()).exitCode() == 0;
        } catch (IOException absent) {
            return false;
        }
    }

    private static Result shell(String line) throws Exception {
        return Result.of(LIMIT, List.of("bash", "-c", line), Map.of());
    }
}
