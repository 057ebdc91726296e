package io.millrace.itest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What restarts, pauses and kills do to a connector's object and to each of its tasks, as the connector itself sees it. */
class ConnectLifeIT {

    private static final String SOURCE = "life";

    @TempDir
    private Path folder;

    @Test
    void onlyWhatIsMeantIsRestarted() throws Exception {
        Path data = folder.resolve("data");
        DiaryConnectors diaries = new DiaryConnectors(folder);
        try (Millrace millrace = Millrace.start(data, "--set", "connect.restart.attempts=0")) {
            diaries.install(data, "diary");
            diaries.install(data, "twin");
            aClassOfTwoPluginsIsListedOnce(millrace);
            diaries.source(millrace, SOURCE, "\"tasks.max\": \"2\",");
            diaries.awaitStates(millrace, SOURCE, "RUNNING", "RUNNING", "RUNNING");
            aRestartOfTheConnectorLeavesItsTasksAlone(millrace, diaries);
            failedTasksAreRestartedAloneAndSayWhyTheyAreNotReady(millrace, diaries);
            aConnectorThatFailsLeavesItsTasksRunning(millrace, diaries);
            aSinkThatWantsToBeCalledAgainIsNotReady(millrace, diaries);
        }
    }

    private static void aClassOfTwoPluginsIsListedOnce(Millrace millrace) throws Exception {
        assertThat(millrace.get("/plugins").findValuesAsText("name")).contains("diary", "twin");
        for (String list : new String[] {"/connector-plugins", "/connector-plugins?connectorsOnly=false"}) {
            assertThat(millrace.get(list)).doesNotHaveDuplicates();
            assertThat(millrace.get(list).findValuesAsText("class")).contains("io.millrace.itest.diary.DiarySource", "io.millrace.itest.diary.DiarySink");
        }
    }

    private static void aRestartOfTheConnectorLeavesItsTasksAlone(Millrace millrace, DiaryConnectors diaries) throws Exception {
        millrace.send("POST", "/connectors/life/restart", "");
        millrace.await("another connector", DiaryConnectors.LIMIT, () -> diaries.starts(SOURCE, "connector") == 2);
        JsonNode planned = millrace.send("POST", "/connectors/life/restart?onlyFailed=true", "");
        assertThat(planned.at("/connector/state").asText()).isEqualTo("RUNNING");
        diaries.awaitStates(millrace, SOURCE, "RUNNING", "RUNNING", "RUNNING");
        assertThat(diaries.starts(SOURCE, "task")).isEqualTo(2);

        planned = millrace.send("POST", "/connectors/life/restart?includeTasks=true", "");
        assertThat(planned.findValuesAsText("state")).containsExactly("RESTARTING", "RESTARTING", "RESTARTING");
        millrace.await("other tasks", DiaryConnectors.LIMIT, () -> diaries.starts(SOURCE, "task") == 4);
        assertThat(diaries.starts(SOURCE, "connector")).isEqualTo(3);
        diaries.awaitStates(millrace, SOURCE, "RUNNING", "RUNNING", "RUNNING");
        assertThat(millrace.get("/connectors/life/health").path("ready").asBoolean()).isTrue();
    }

    private static void failedTasksAreRestartedAloneAndSayWhyTheyAreNotReady(Millrace millrace, DiaryConnectors diaries) throws Exception {
        Files.createFile(diaries.wish(SOURCE, "task 1", "fails"));
        diaries.awaitStates(millrace, SOURCE, "RUNNING", "RUNNING", "FAILED");
        assertThatThrownBy(() -> millrace.get("/connectors/life/health")).isInstanceOf(IOException.class).hasMessageContaining("answered 503")
                .hasMessageContaining("{\"id\":0,\"state\":\"RUNNING\",\"ready\":true,\"reason\":null}")
                .hasMessageContaining("\"reason\":\"failed and given up after 0 restart(s); mend the cause and restart it: "
                        + "java.lang.IllegalStateException: task 1 fails as it is told to\"");
        assertThat(finding(millrace, "life-1").path("state").asText()).isEqualTo("FAILED");
        assertThat(finding(millrace, "life-1").path("detail").asText()).contains("task 1 fails as it is told to");
        assertThat(finding(millrace, "life-0").path("state").asText()).isEqualTo("OK");

        Files.delete(diaries.wish(SOURCE, "task 1", "fails"));
        JsonNode planned = millrace.send("POST", "/connectors/life/restart?includeTasks=true&onlyFailed=true", "");
        assertThat(planned.findValuesAsText("state")).containsExactly("RUNNING", "RUNNING", "RESTARTING");
        diaries.awaitStates(millrace, SOURCE, "RUNNING", "RUNNING", "RUNNING");
        assertThat(diaries.starts(SOURCE, "connector")).isEqualTo(3);
        assertThat(diaries.starts(SOURCE, "task 0")).isEqualTo(2);
        assertThat(diaries.starts(SOURCE, "task 1")).isEqualTo(3);
    }

    private static void aConnectorThatFailsLeavesItsTasksRunning(Millrace millrace, DiaryConnectors diaries) throws Exception {
        Files.createFile(diaries.wish(SOURCE, "connector", "fails"));
        millrace.send("POST", "/connectors/life/restart", "");
        diaries.awaitStates(millrace, SOURCE, "FAILED", "RUNNING", "RUNNING");
        Files.delete(diaries.wish(SOURCE, "connector", "fails"));
        JsonNode planned = millrace.send("POST", "/connectors/life/restart?onlyFailed=true", "");
        assertThat(planned.findValuesAsText("state")).containsExactly("RESTARTING", "RUNNING", "RUNNING");
        diaries.awaitStates(millrace, SOURCE, "RUNNING", "RUNNING", "RUNNING");
        assertThat(diaries.starts(SOURCE, "task")).isEqualTo(5);
    }

    private static void aSinkThatWantsToBeCalledAgainIsNotReady(Millrace millrace, DiaryConnectors diaries) throws Exception {
        Files.createFile(diaries.wish("slow", "sink", "wait"));
        diaries.sink(millrace, "slow", SOURCE, "");
        millrace.await("the sink's reason", DiaryConnectors.LIMIT, () -> {
            try {
                return finding(millrace, "slow-0").path("detail").asText().contains("it waits as it is told to");
            } catch (IOException e) {
                return false;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(finding(millrace, "slow-0").path("state").asText()).isEqualTo("DEGRADED");
        Files.delete(diaries.wish("slow", "sink", "wait"));
        millrace.await("the sink to be ready", DiaryConnectors.LIMIT, () -> millrace.answers("/connectors/slow/health"));
    }

    @Test
    void pausedAndStoppedConnectorsAreSoAfterAKillAndGoOnWhereTheyWere() throws Exception {
        Path data = folder.resolve("data");
        DiaryConnectors diaries = new DiaryConnectors(folder);
        try (Millrace millrace = Millrace.start(data)) {
            diaries.install(data, "diary");
            diaries.source(millrace, SOURCE, "\"tasks.max\": \"2\", \"note\": \"${env:PATH}\",");
            diaries.source(millrace, "halted", "\"tasks.max\": \"2\",");
            diaries.awaitStates(millrace, SOURCE, "RUNNING", "RUNNING", "RUNNING");
            diaries.awaitStates(millrace, "halted", "RUNNING", "RUNNING", "RUNNING");
            awaitNumbers(millrace, SOURCE, 20);
            awaitNumbers(millrace, "halted", 20);
            diaries.source(millrace, "liberal", "\"producer.override.linger.ms\": \"1\",");
            diaries.awaitStates(millrace, "liberal", "RUNNING", "RUNNING");
            millrace.send("PUT", "/connectors/life/pause", "");
            millrace.send("PUT", "/connectors/halted/stop", "");
            diaries.awaitStates(millrace, SOURCE, "PAUSED", "PAUSED", "PAUSED");
            diaries.awaitStates(millrace, "halted", "STOPPED");
            millrace.kill();
        }
        String[] policy = {"--set", "connector.client.config.override.policy=Allowlist", "--set", "connector.client.config.override.allowlist=max.request.size",
            "--set", "producer.max.request.size=500", "--set", "consumer.max.poll.records=3", "--set", "admin.metric.reporters=no.such.Reporter"};
        try (Millrace millrace = Millrace.start(data, policy)) {
            diaries.awaitStates(millrace, SOURCE, "PAUSED", "PAUSED", "PAUSED");
            diaries.awaitStates(millrace, "halted", "STOPPED");
            assertThat(millrace.get("/connectors/life/status").path("tasks").findValuesAsText("version")).containsExactly("1.0.0", "1.0.0");
            JsonNode tasks = millrace.get("/connectors/life/tasks");
            assertThat(tasks.findValuesAsText("number")).containsExactly("0", "1");
            assertThat(tasks.findValuesAsText("note")).as("variables are not replaced where they can be read").containsExactly("${env:PATH}", "${env:PATH}");
            assertThat(millrace.get("/connectors/halted/tasks")).isEmpty();
            millrace.send("POST", "/connectors/life/tasks/1/restart", "");
            assertThatThrownBy(() -> millrace.send("POST", "/connectors/life/tasks/2/restart", "")).hasMessageContaining("404");
            millrace.send("POST", "/connectors/life/restart?includeTasks=true", "");
            diaries.awaitStates(millrace, SOURCE, "PAUSED", "PAUSED", "PAUSED");
            assertThat(diaries.starts(SOURCE, "")).as("a paused connector is not even started").isEqualTo(3);

            millrace.send("PUT", "/connectors/life/resume", "");
            millrace.send("PUT", "/connectors/halted/resume", "");
            diaries.awaitStates(millrace, SOURCE, "RUNNING", "RUNNING", "RUNNING");
            diaries.awaitStates(millrace, "halted", "RUNNING", "RUNNING", "RUNNING");
            for (String name : new String[] {SOURCE, "halted"}) {
                int before = numbers(millrace, name).size();
                awaitNumbers(millrace, name, before + 20);
                List<String> numbers = numbers(millrace, name);
                for (int task = 0; task < 2; task++) {
                    String mine = task + ":";
                    List<Long> counted = numbers.stream().filter(number -> number.startsWith(mine)).map(number -> Long.parseLong(number.substring(2))).toList();
                    assertThat(counted).isEqualTo(LongStream.range(0, counted.size()).boxed().toList());
                }
                assertThat(diaries.diary(name)).filteredOn(line -> line.startsWith("task 0 starts")).hasSize(2).doesNotHaveDuplicates();
            }
            clientsAreSetAsTheNodeSaysAndConnectorsMayOverrideWhatItAllows(millrace, diaries);
        }
    }

    /** The plugin's provider has no service file: it is found by what it implements. */
    @Test
    void whatAPluginsProviderSaysIsUsedAndAskedForAgainWhenItMayHaveChanged() throws Exception {
        Path data = folder.resolve("data");
        Path vault = Files.createDirectory(folder.resolve("vault"));
        Files.writeString(vault.resolve("secrets"), "dots=3\n");
        DiaryConnectors diaries = new DiaryConnectors(folder);
        String[] providers = {"--set", "config.providers=vault,file", "--set", "config.providers.vault.class=io.millrace.itest.diary.DiaryProvider",
            "--set", "config.providers.vault.param.folder=" + vault, "--set", "config.providers.file.param.allowed.paths=" + vault};
        try (Millrace millrace = Millrace.start(data, providers)) {
            diaries.install(data, "diary");
            diaries.source(millrace, SOURCE, "\"padding\": \"${vault:secrets:dots}\",");
            diaries.source(millrace, "once", "\"padding\": \"${vault:secrets:dots}\", \"config.action.reload\": \"none\",");
            awaitNumbers(millrace, SOURCE, 20);
            awaitNumbers(millrace, "once", 20);
            assertThat(numbers(millrace, SOURCE)).allMatch(number -> number.endsWith("..."));
            assertThat(millrace.get("/connectors/life/tasks").findValuesAsText("padding")).containsExactly("${vault:secrets:dots}");
            assertThat(millrace.get("/connector-plugins?connectorsOnly=false").toString()).doesNotContain("DiaryProvider");
            millrace.await("the connector's objects to have been made again for what expired", DiaryConnectors.LIMIT, () -> diaries.starts(SOURCE, "connector") >= 3);
            assertThat(diaries.starts(SOURCE, "task")).as("starts of a task whose settings are the same").isEqualTo(1);

            Files.writeString(vault.resolve("secrets"), "dots=5\n");
            millrace.await("what the variable stands for now", DiaryConnectors.LIMIT, () -> numbers(millrace, SOURCE).getLast().endsWith("....."));
            List<String> numbers = numbers(millrace, SOURCE);
            assertThat(numbers.stream().map(number -> number.replace(".", ""))).isEqualTo(LongStream.range(0, numbers.size()).mapToObj(number -> "0:" + number).toList());
            assertThat(diaries.starts("once", "connector")).isEqualTo(1);

            assertThatThrownBy(() -> diaries.source(millrace, "thief", "\"note\": \"${file:/etc/hostname:x}\",")).hasMessageContaining("answered 400")
                    .hasMessageContaining("/etc/hostname may not be read; allowed.paths are");
        }
    }

    @Test
    void aPolicyThatIsNotKnownIsNamedAndConnectorsDoNotRun() throws Exception {
        try (Millrace millrace = Millrace.fork(folder.resolve("data"), "start", "--set", "connector.client.config.override.policy=com.example.Mine")) {
            millrace.await("the reason", DiaryConnectors.LIMIT, () -> {
                try {
                    return millrace.get("/status").path("health").toString().contains("com.example.Mine for configuration connector.client.config.override.policy");
                } catch (IOException e) {
                    return false;
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            assertThatThrownBy(() -> millrace.get("/connectors")).hasMessageContaining("answered 503").hasMessageContaining("use All, None, Principal or Allowlist");
        }
    }

    private static void clientsAreSetAsTheNodeSaysAndConnectorsMayOverrideWhatItAllows(Millrace millrace, DiaryConnectors diaries) throws Exception {
        diaries.await(millrace, "liberal", "the refusal of what was allowed before", status -> status.at("/connector/state").asText().equals("FAILED")
                && status.at("/connector/trace").asText().contains("Client Config Overrides not allowed [producer.override.linger.ms]"));
        assertThatThrownBy(() -> diaries.source(millrace, "bold", "\"producer.override.acks\": \"1\",")).hasMessageContaining("answered 400")
                .hasMessageContaining("The 'Allowlist' policy does not allow 'acks' to be overridden in the connector configuration.");

        diaries.source(millrace, "long", "\"padding\": \"1000\",");
        awaitError(millrace, "long", "max.request.size");
        diaries.source(millrace, "long", "\"padding\": \"1000\", \"producer.override.max.request.size\": \"100000\",");
        awaitNumbers(millrace, "long", 5);
        // Whose admin client cannot be made has one of its own.
        diaries.source(millrace, "made", "\"topic.creation.default.partitions\": \"1\", \"topic.creation.default.replication.factor\": \"1\",");
        awaitError(millrace, "made", "no.such.Reporter");

        diaries.sink(millrace, "three", "long", "");
        millrace.await("the sink to be given records", DiaryConnectors.LIMIT, () -> diaries.diary("three").contains("sink is given 3"));
        assertThat(diaries.diary("three")).filteredOn(line -> line.startsWith("sink is given"))
                .isSubsetOf("sink is given 1", "sink is given 2", "sink is given 3");
    }

    private static void awaitError(Millrace millrace, String name, String words) {
        millrace.await("an error of " + name + " with " + words, DiaryConnectors.LIMIT, () -> {
            try {
                return millrace.get("/connectors/" + name + "/errors").toString().contains(words);
            } catch (IOException e) {
                return false;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    private static void awaitNumbers(Millrace millrace, String topic, int count) {
        millrace.await(count + " numbers in " + topic, DiaryConnectors.LIMIT, () -> numbers(millrace, topic).size() >= count);
    }

    private static List<String> numbers(Millrace millrace, String topic) {
        return TopicTail.committed(millrace.bootstrap(), topic);
    }

    private static JsonNode finding(Millrace millrace, String task) throws IOException, InterruptedException {
        for (JsonNode finding : millrace.get("/status").path("health")) {
            if (finding.path("kind").asText().equals("task") && finding.path("name").asText().equals(task)) {
                return finding;
            }
        }
        return com.fasterxml.jackson.databind.node.MissingNode.getInstance();
    }
}
