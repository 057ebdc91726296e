package io.millrace.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.millrace.broker.config.TopicKeys.Fallback;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/configuration.md has every key there is. {@code -Dmillrace.docs=write} makes it so. */
class ConfigurationPageTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path PAGE = ROOT.resolve("docs/configuration.md");

    @ParameterizedTest
    @ValueSource(strings = {"keys", "properties", "foreign"})
    void theTablesAreThoseOfTheCode(String table) throws IOException {
        String begin = "<!-- " + table + ": written by ConfigurationPageTest -->\n";
        String page = Files.readString(PAGE);
        int from = page.indexOf(begin) + begin.length();
        int to = page.indexOf("<!-- end -->", from);
        String expected = switch (table) {
            case "keys" -> keys();
            case "properties" -> properties();
            default -> foreign();
        };
        if ("write".equals(System.getProperty("millrace.docs"))) {
            Files.writeString(PAGE, page.substring(0, from) + expected + page.substring(to));
        } else {
            assertThat(page.substring(from, to)).as("%s; write it anew with: ./mvnw -pl broker-bundle -am test -Dtest=ConfigurationPageTest"
                    + " -Dsurefire.failIfNoSpecifiedTests=false -Dmillrace.docs=write", PAGE).isEqualTo(expected);
        }
    }

    private static String keys() throws IOException {
        TreeMap<String, String> rows = new TreeMap<>();
        for (String bundle : new String[] {"broker-bundle", "connect-bundles/runtime", "platform-core/kernel"}) {
            load(bundle, "config-keys").forEach((key, declaration) -> {
                String[] parts = declaration.split("\\|", 3);
                rows.put(key, row("`" + key + "`" + (BrokerKeys.isDynamic(key) ? " *" : ""), parts[0].strip(), code(parts[1].strip()), parts[2].strip()));
            });
        }
        return "Those with * can change while the node runs.\n\n" + head("key", "type", "default", "what it does") + String.join("", rows.values());
    }

    private static String properties() {
        return head("property", "type", "default", "falls back on", "what it does") + TopicKeys.all().stream().filter(key -> !key.hidden())
                .map(key -> row("`" + key.name() + "`", key.type().name().toLowerCase(Locale.ROOT), code(key.defaultValue()),
                        TopicKeys.fallbacks(key.name()).stream().map(Fallback::key).map(ConfigurationPageTest::code).collect(Collectors.joining(", ")),
                        key.documentation()))
                .collect(Collectors.joining());
    }

    private static String foreign() throws IOException {
        TreeMap<String, String> rows = new TreeMap<>();
        for (String bundle : new String[] {"broker-bundle", "connect-bundles/runtime"}) {
            load(bundle, "foreign-keys").forEach((key, declaration) -> {
                String[] parts = declaration.split("\\|", 2);
                rows.put(key, row("`" + key + "`", parts[0].strip(), parts[1].strip()));
            });
        }
        return head("key", "", "why, or what to do instead") + String.join("", rows.values());
    }

    private static TreeMap<String, String> load(String bundle, String file) throws IOException {
        Properties declared = new Properties();
        try (Reader reader = Files.newBufferedReader(ROOT.resolve(bundle + "/src/main/resources/MILLRACE-INF/" + file + ".properties"))) {
            declared.load(reader);
        }
        TreeMap<String, String> declarations = new TreeMap<>();
        declared.stringPropertyNames().forEach(key -> declarations.put(key, declared.getProperty(key)));
        return declarations;
    }

    private static String code(String text) {
        return text == null || text.isEmpty() ? "" : "`" + text + "`";
    }

    private static String head(String... columns) {
        return row(columns) + "|" + "---|".repeat(columns.length) + "\n";
    }

    private static String row(String... cells) {
        return Stream.of(cells).map(cell -> cell.replace("|", "\\|")).collect(Collectors.joining(" | ", "| ", " |\n"));
    }
}
