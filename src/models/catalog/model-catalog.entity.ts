import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One variant of a model that can be pulled. */
export interface CatalogEntry {
  /** For people, for example `Llama 3.2 3B`. */
  name: string;
  /** What to pull, for example `llama3.2:3b`. */
  tag: string;
  /** Bytes; null where it is not known. */
  size: number | null;
  family: string | null;
  /** Quantization, for example `q4_K_M`. */
  quant: string | null;
  description: string | null;
  notes: string | null;
  /** How often it was pulled, where the source says so; 0 = not known. */
  pull_count: number;
}

/** The catalog that was fetched or moved in last; without one the built-in list counts. There is one row at most. */
@Entity('model_catalogs')
export class ModelCatalogEntity {
  /** Always 1. */
  @PrimaryColumn('integer')
  id!: number;

  /** Most pulled first, then by name. */
  @Column('simple-json')
  models!: CatalogEntry[];

  /** ISO 8601, UTC. */
  @Column('text', { name: 'updated_at' })
  updatedAt!: string;
}
