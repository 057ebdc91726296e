package io.millrace.broker.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Runs the fuzz target of a test class, its method {@code fuzzerTestOneInput}: over the inputs that once broke it, and in a process of its own under
 * Jazzer, which looks for new ones by what they make the code do. Longer, as with {@code distribution/fuzz}: {@code -Dmillrace.fuzz.seconds=3600}.
 */
public final class Fuzzing {

    private static final int SECONDS = Integer.getInteger("millrace.fuzz.seconds", 3);
    /** Whose branches tell one input from another. That of every message takes long to begin with. */
    private static final String INSTRUMENTED = "io.millrace.**:org.apache.kafka.common.record.**:org.apache.kafka.common.compress.*"
            + (SECONDS < 60 ? "" : ":org.apache.kafka.common.protocol.*:org.apache.kafka.common.message.*:org.apache.kafka.common.requests.*");
    /** Detectors of what nothing here does; each costs time for every class. */
    private static final List<String> NOT_LOOKED_FOR = Stream.of("BigDecimal", "ClojureLangHooks", "Deserialization", "ExpressionLanguageInjection",
            "FilePathTraversal", "LdapInjection", "NamingContextLookup", "OsCommandInjection", "ReflectiveCall", "RegexInjection", "RegexRoadblocks",
            "ScriptEngineInjection", "ServerSideRequestForgery", "SqlInjection", "TemplateInjection", "UnsafeSanitizer", "XPathInjection",
            "XmlParserSsrfGuidance").map("com.code_intelligence.jazzer.sanitizers."::concat).toList();
    private static final Path RESOURCES = Path.of("src", "test", "resources", "fuzz");
    private static final Path TARGET = Path.of("target", "fuzz");
    private static final String FOLDER = "millrace.fuzz.folder";

    /** What is done with an input; whatever it throws is a finding. */
    @FunctionalInterface
    public interface Target {
        void run(byte[] input) throws Exception;
    }

    private Fuzzing() {
    }

    /** Every known input of the test, one after another. */
    public static void replay(Class<?> test, Target target) throws Exception {
        try (Stream<Path> inputs = Files.list(RESOURCES.resolve(test.getSimpleName()))) {
            List<Path> known = inputs.sorted().toList();
            assertThat(known).as("known inputs of %s", test.getSimpleName()).isNotEmpty();
            for (Path input : known) {
                try {
                    target.run(Files.readAllBytes(input));
                } catch (Exception | Error finding) {
                    throw new AssertionError("known input " + input + ": " + finding, finding);
                }
            }
        }
    }

    /** @param seeds inputs to begin with, beside the known ones and what earlier runs found worth keeping */
    public static void search(Class<?> test, Stream<byte[]> seeds) throws IOException, InterruptedException {
        Path own = Files.createDirectories(TARGET.resolve(test.getSimpleName()));
        Path corpus = Files.createDirectories(own.resolve("corpus"));
        int number = 0;
        for (byte[] seed : (Iterable<byte[]>) seeds::iterator) {
            Files.write(corpus.resolve("seed-" + number++), seed);
        }
        Path output = own.resolve("output.txt");
        Path folder = newFolder();
        Process jazzer = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp", classPath(), "-Xmx640m",
                "-D" + FOLDER + "=" + folder, "-XX:+EnableDynamicAgentLoading", "-XX:TieredStopAtLevel=" + (SECONDS > 30 ? 4 : 1), "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow", "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + test.getName(), "--instrumentation_includes=" + INSTRUMENTED, "--disabled_hooks=" + String.join(":", NOT_LOOKED_FOR),
                "--reproducer_path=" + own, "-artifact_prefix=" + own + "/", "-max_total_time=" + SECONDS, "-timeout=120", "-rss_limit_mb=0",
                corpus.toString(), RESOURCES.resolve(test.getSimpleName()).toString())
                .redirectErrorStream(true).redirectOutput(output.toFile()).start();
        try {
            assertThat(jazzer.waitFor(SECONDS + 240L, TimeUnit.SECONDS)).as("ends in time, see %s", output).isTrue();
        } finally {
            jazzer.destroyForcibly().waitFor();
            delete(folder);
        }
        String said = Files.readString(output);
        String finding = said.substring(Math.max(0, said.indexOf("== Java Exception")));
        assertThat(jazzer.exitValue()).as("a finding, whose input belongs into %s once it is mended:%n%s", RESOURCES.resolve(test.getSimpleName()), finding).isZero();
        // Without branches that were seen it was no search.
        assertThat(said).containsPattern("DONE +cov: [1-9]");
    }

    /** Where a target may leave its files; deleted when nobody needs them any more. */
    public static Path folder() throws IOException {
        String given = System.getProperty(FOLDER);
        if (given != null) {
            return Path.of(given);
        }
        Path own = newFolder();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(own)));
        return own;
    }

    /** In memory where there is such a place. The process that searches ends without a word, so it cannot tidy up itself. */
    private static Path newFolder() throws IOException {
        Path memory = Path.of("/dev/shm");
        return Files.isWritable(memory) ? Files.createTempDirectory(memory, "millrace-fuzz-") : Files.createTempDirectory("millrace-fuzz-");
    }

    private static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException left) {
            System.err.println(left);
        }
    }

    private static String classPath() {
        return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    }
}
