package io.millrace.connect.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connect.TestPlugin;
import io.millrace.connect.catalog.Catalog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigData;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.config.provider.ConfigProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class VariablesTest {

    @TempDir
    private Path etc;
    private final Catalog catalog = new Catalog();
    private Variables variables;

    @BeforeEach
    void files() throws IOException {
        Files.writeString(etc.resolve("db.properties"), "jdbc.url=jdbc:postgresql://host:5432/db?a=$1\npassword=p}w\n");
        Files.createDirectory(etc.resolve("secrets"));
        Files.writeString(etc.resolve("secrets/token"), "t0k");
        variables = variables(List.of(), Map.of());
    }

    private Variables variables(List<String> providers, Map<String, String> settings) {
        return Variables.of(etc, Map.of("HOME_TOWN", "Turin", "SECRET", "s3cret")::get, providers, settings, catalog, Duration.ofSeconds(1));
    }

    private String resolved(String value) {
        return variables.resolve(Map.of("key", value)).values().get("key");
    }

    @Test
    void filesFoldersAndTheEnvironmentStandIn() {
        assertThat(resolved("${file:db.properties:jdbc.url}")).isEqualTo("jdbc:postgresql://host:5432/db?a=$1");
        assertThat(resolved("a ${env:HOME_TOWN} b ${dir:secrets:token}")).isEqualTo("a Turin b t0k");
        assertThat(resolved("${file:" + etc.resolve("db.properties") + ":password}")).isEqualTo("p}w");
    }

    @Test
    void whatLooksLikeAnotherVariableStays() {
        assertThat(resolved("${topic}_$x ${vault:a:b}")).isEqualTo("${topic}_$x ${vault:a:b}");
        assertThat(variables.areIn("${topic}")).isFalse();
    }

    @Test
    void aVariableForNothingNamesItself() {
        assertThatThrownBy(() -> resolved("${file:db.properties:user}")).isInstanceOf(ConfigException.class)
                .hasMessageContaining("${file:db.properties:user} stands for nothing");
        assertThatThrownBy(() -> resolved("${file:none.properties:user}")).isInstanceOf(ConfigException.class).hasMessageContaining("none.properties");
        assertThatThrownBy(() -> resolved("${env:NOWHERE}")).isInstanceOf(ConfigException.class).hasMessageContaining("NOWHERE");
    }

    @Test
    void aFolderVariableDoesNotLeaveItsFolder() {
        assertThatThrownBy(() -> resolved("${dir:secrets:../db.properties}")).isInstanceOf(ConfigException.class).hasMessageContaining("outside");
    }

    @Test
    void whatIsMadeOfSecretsIsShownWithTheirVariables() {
        Variables variables = Variables.of(etc, Map.of("PASSWORD", "open sesame", "PIN", "1")::get, List.of(), Map.of(), catalog, Duration.ofSeconds(1));
        Map<String, String> raw = Map.of("url", "db://me:${env:PASSWORD}@host", "pin", "${env:PIN}", "plain", "open sesame too");
        Map<String, String> made = Map.of("url", "another", "password", "open sesame", "jdbc", "host?password=open sesame", "pin.copy", "1", "port", "1234");
        assertThat(variables.resolve(raw).restored(List.of(made))).containsExactly(Map.of("url", "db://me:${env:PASSWORD}@host",
                "password", "${env:PASSWORD}", "jdbc", "host?password=${env:PASSWORD}", "pin.copy", "${env:PIN}", "port", "1234"));
    }

    @Test
    void onlyWhatIsAllowedIsRead() throws IOException {
        Files.createDirectory(etc.resolve("open"));
        Files.writeString(etc.resolve("open/db.properties"), "user=me\n");
        Files.createSymbolicLink(etc.resolve("open/link.properties"), etc.resolve("db.properties"));
        variables = variables(List.of(), Map.of("file.param.allowed.paths", etc.resolve("open").toString(), "dir.param.allowed.paths", "open,nowhere",
                "env.param.allowlist.pattern", "HOME_.*"));
        assertThat(resolved("${file:open/db.properties:user} ${env:HOME_TOWN} ${dir:open:db.properties}")).isEqualTo("me Turin user=me\n");
        for (String closed : List.of("${file:db.properties:password}", "${file:open/../db.properties:password}", "${file:open/link.properties:password}",
                "${dir:secrets:token}", "${dir:open:link.properties}", "${env:SECRET}")) {
            assertThatThrownBy(() -> resolved(closed)).as(closed).isInstanceOf(ConfigException.class).hasMessageContaining("may not be read");
        }
    }

    @Test
    @Timeout(20)
    void whatHasNoEndOrIsFarTooLargeIsNotRead() throws IOException {
        try (FileChannel sparse = FileChannel.open(etc.resolve("secrets/large"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            sparse.write(ByteBuffer.allocate(1), 17 << 20);
        }
        Path endless = Path.of("/dev/zero");
        if (Files.exists(endless)) {
            Files.createSymbolicLink(etc.resolve("secrets/endless"), endless);
        } else {
            Files.createDirectory(etc.resolve("secrets/endless"));
        }
        for (String variable : List.of("${dir:secrets:large}", "${file:secrets/large:x}", "${dir:secrets:endless}", "${file:secrets/endless:x}")) {
            assertThatThrownBy(() -> resolved(variable)).as(variable).isInstanceOf(ConfigException.class).hasMessageContaining("may not be read");
        }
    }

    @Test
    void providersAreThoseThatAreNamedKafkasOwnAmongThem() {
        variables = variables(List.of("mine", "env"), Map.of("mine.class", "org.apache.kafka.common.config.provider.FileConfigProvider",
                "mine.param.allowed.paths", etc.toString()));
        assertThat(resolved("${mine:" + etc.resolve("db.properties") + ":jdbc.url} ${env:HOME_TOWN}")).isEqualTo("jdbc:postgresql://host:5432/db?a=$1 Turin");
        assertThat(resolved("${file:db.properties:password}")).as("not named, so not a variable").isEqualTo("${file:db.properties:password}");
        assertThatThrownBy(() -> resolved("${mine:/etc/passwd:root}")).hasMessageContaining("${mine:/etc/passwd:root} stands for nothing");
    }

    @Test
    void aPluginsProviderIsAskedOnceForEachPathAndMayBeMissingForAWhile() {
        variables = variables(List.of("vault"), Map.of("vault.class", Vault.class.getName(), "vault.param.prefix", "v-"));
        assertThatThrownBy(() -> resolved("${vault:db:user}")).hasMessageContaining("config provider vault: there is no class").hasMessageContaining("install its plugin");
        catalog.add(new TestPlugin("vault", "1", Map.of("org.apache.kafka.common.config.provider.ConfigProvider", List.of(Vault.class.getName()))));
        Vault.asked.clear();
        Variables.Resolved resolved = variables.resolve(Map.of("a", "${vault:db:user}/${vault:db:password}", "b", "${vault:key}"));
        assertThat(resolved.values()).isEqualTo(Map.of("a", "v-db-user/v-db-password", "b", "v--key"));
        assertThat(resolved.ttlMs()).isEqualTo(5_000);
        assertThat(resolved.restored(List.of(Map.of("made", "v-db-password")))).containsExactly(Map.of("made", "${vault:db:password}"));
        assertThat(Vault.asked).containsExactlyInAnyOrder("db [password, user]", " [key]");
        assertThatThrownBy(() -> resolved("${vault:down:x}")).isInstanceOf(ConfigException.class)
                .hasMessageContaining("config provider vault fails: java.lang.IllegalStateException: sealed");
    }

    @Test
    void aWrongSettingIsNamed() {
        assertThatThrownBy(() -> variables(List.of("vault"), Map.of())).hasMessageContaining("set config.providers.vault.class");
        assertThatThrownBy(() -> variables(List.of(), Map.of("file.parm.allowed.paths", "x"))).hasMessageContaining("config.providers.file.parm.allowed.paths");
        assertThatThrownBy(() -> variables(List.of(), Map.of("env.param.pattern", "x"))).hasMessageContaining("it knows allowlist.pattern only");
        assertThatThrownBy(() -> variables(List.of(), Map.of("env.param.allowlist.pattern", "("))).hasMessageContaining("no regular expression");
    }

    /** Knows everything but what is under {@code down}. */
    public static final class Vault implements ConfigProvider {

        private static final List<String> asked = new ArrayList<>();
        private String prefix;

        @Override
        public void configure(Map<String, ?> settings) {
            prefix = (String) settings.get("prefix");
        }

        @Override
        public ConfigData get(String path) {
            throw new UnsupportedOperationException();
        }

        @Override
        public ConfigData get(String path, Set<String> keys) {
            if (path.equals("down")) {
                throw new IllegalStateException("sealed");
            }
            asked.add(path + " " + new TreeSet<>(keys));
            return new ConfigData(keys.stream().collect(Collectors.toMap(key -> key, key -> prefix + path + "-" + key)), path.isEmpty() ? null : 5_000L);
        }

        @Override
        public void close() {
            // Holds nothing.
        }
    }
}
