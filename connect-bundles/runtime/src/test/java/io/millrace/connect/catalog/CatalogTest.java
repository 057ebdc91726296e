package io.millrace.connect.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.connect.TestPlugin;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.apache.kafka.connect.storage.Converter;
import org.apache.kafka.connect.transforms.Transformation;
import org.junit.jupiter.api.Test;

class CatalogTest {

    private static final String SINKS = "org.apache.kafka.connect.sink.SinkConnector";

    private final Catalog catalog = new Catalog();

    private static TestPlugin sinks(String version, String... classes) {
        return new TestPlugin("p", version, Map.of(SINKS, List.of(classes)));
    }

    private String found(Kind kind, String name) {
        return catalog.find(EnumSet.of(kind), name).map(Catalog.Entry::name).orElse(null);
    }

    @Test
    void aConnectorAnswersToItsFullNameItsSimpleNameAndItsAlias() {
        catalog.add(sinks("1", "org.example.FileStreamSinkConnector"));
        for (String name : List.of("org.example.FileStreamSinkConnector", "FileStreamSinkConnector", "FileStreamSink")) {
            assertThat(found(Kind.SINK, name)).as(name).isEqualTo("org.example.FileStreamSinkConnector");
        }
        assertThat(found(Kind.SINK, "Stream")).isNull();
        assertThat(found(Kind.SOURCE, "FileStreamSink")).isNull();
    }

    @Test
    void anAliasOfTwoClassesIsRefusedByName() {
        catalog.add(sinks("1", "a.JdbcSinkConnector", "b.JdbcSinkConnector"));
        assertThatThrownBy(() -> found(Kind.SINK, "JdbcSink")).hasMessageContaining("a.JdbcSinkConnector").hasMessageContaining("b.JdbcSinkConnector");
        assertThat(found(Kind.SINK, "b.JdbcSinkConnector")).isEqualTo("b.JdbcSinkConnector");
    }

    @Test
    void theStockHasKafkasConvertersAndTransformations() {
        String bytes = "org.apache.kafka.connect.converters.ByteArrayConverter";
        assertThat(found(Kind.CONVERTER, bytes)).isEqualTo(bytes);
        assertThat(catalog.find(EnumSet.of(Kind.CONVERTER), bytes).orElseThrow().provided().instantiate(Converter.class)).isNotNull();
        String value = "org.apache.kafka.connect.transforms.ReplaceField$Value";
        assertThat(found(Kind.TRANSFORMATION, value)).isEqualTo(value);
        assertThat(catalog.find(EnumSet.of(Kind.TRANSFORMATION), value).orElseThrow().provided().instantiate(Transformation.class)).isNotNull();
        assertThat(found(Kind.PREDICATE, "TopicNameMatches")).isEqualTo("org.apache.kafka.connect.transforms.predicates.TopicNameMatches");
    }

    @Test
    void aCandidateTakesAVersionsPlaceWithoutDisturbingTheCatalog() {
        TestPlugin old = sinks("1", "a.OldSinkConnector");
        TestPlugin fresh = sinks("2", "a.NewSinkConnector");
        catalog.add(old);
        Catalog after = catalog.with(old, fresh);
        assertThat(after.find(EnumSet.of(Kind.SINK), "NewSink")).isPresent();
        assertThat(after.find(EnumSet.of(Kind.SINK), "OldSink")).isEmpty();
        assertThat(found(Kind.SINK, "OldSink")).isEqualTo("a.OldSinkConnector");
    }

    private String version(Catalog in, String requirement) {
        return in.find(EnumSet.of(Kind.SINK), "Sink", VersionRequirement.of(requirement)).orElseThrow().provided().plugin().version();
    }

    @Test
    void theVersionAskedForIsTakenAndElseTheCurrentOne() {
        Map<String, List<String>> services = Map.of(SINKS, List.of("a.SinkConnector"));
        TestPlugin old = new TestPlugin("p", "1.4", services, false);
        catalog.add(old);
        catalog.add(new TestPlugin("p", "2.0", services, true));
        catalog.add(new TestPlugin("p", "3.0-rc1", services, false));
        assertThat(version(catalog, null)).isEqualTo("2.0");
        assertThat(version(catalog, "[1,2)")).isEqualTo("1.4");
        assertThat(version(catalog, "[1,)")).isEqualTo("3.0-rc1");
        assertThat(version(catalog, "latest")).isEqualTo("3.0-rc1");
        assertThat(version(catalog, "2.0")).isEqualTo("2.0");
        assertThat(catalog.versions(EnumSet.of(Kind.SINK), "Sink")).containsExactly("3.0-rc1", "2.0", "1.4");
        assertThatThrownBy(() -> version(catalog, "[4,)")).isInstanceOf(Catalog.NoSuchVersionException.class)
                .hasMessageContaining("a.SinkConnector").hasMessageContaining("[4,)").hasMessageContaining("1.4, 2.0, 3.0-rc1");
        assertThat(version(catalog.at(old), null)).as("what serves a connector comes from its own plugin").isEqualTo("1.4");
    }

    @Test
    void aClassThatSaysItsVersionIsTakenAtItsWord() {
        catalog.add(new TestPlugin("p", "7.7", Map.of(SINKS, List.of(Talkative.class.getName()))));
        assertThat(catalog.versions(EnumSet.of(Kind.SINK), Talkative.class.getName())).containsExactly("1.2.3");
        assertThat(catalog.find(EnumSet.of(Kind.SINK), Talkative.class.getName(), VersionRequirement.of("1.2.3"))).isPresent();
    }

    /** Says its version. */
    public static final class Talkative implements org.apache.kafka.connect.components.Versioned {
        @Override
        public String version() {
            return "1.2.3";
        }
    }

    @Test
    void aClassOfTheWrongTypeIsRefused() {
        Provided provided = new Provided(sinks("1"), "java.lang.Object");
        assertThatThrownBy(() -> provided.instantiate(Converter.class)).hasMessageContaining("java.lang.Object is no");
    }
}
