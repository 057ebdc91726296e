package io.millrace.connect.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.kafka.common.config.ConfigException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VariablesTest {

    @TempDir
    private Path etc;
    private Variables variables;

    @BeforeEach
    void files() throws IOException {
        Files.writeString(etc.resolve("db.properties"), "jdbc.url=jdbc:postgresql://host:5432/db?a=$1\npassword=p}w\n");
        Files.createDirectory(etc.resolve("secrets"));
        Files.writeString(etc.resolve("secrets/token"), "t0k");
        variables = new Variables(etc, Map.of("HOME_TOWN", "Turin")::get);
    }

    private String resolved(String value) {
        return variables.resolve(Map.of("key", value)).get("key");
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
        assertThat(Variables.hasVariable("${topic}")).isFalse();
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
        Variables variables = new Variables(java.nio.file.Path.of("."), Map.of("PASSWORD", "open sesame", "PIN", "1")::get);
        Map<String, String> raw = Map.of("url", "db://me:${env:PASSWORD}@host", "pin", "${env:PIN}", "plain", "open sesame too");
        Map<String, String> made = Map.of("url", "another", "password", "open sesame", "jdbc", "host?password=open sesame", "pin.copy", "1", "port", "1234");
        assertThat(variables.restore(raw, java.util.List.of(made))).containsExactly(Map.of("url", "db://me:${env:PASSWORD}@host",
                "password", "${env:PASSWORD}", "jdbc", "host?password=${env:PASSWORD}", "pin.copy", "${env:PIN}", "port", "1234"));
    }
}
