import { Body, Controller, Post } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { Test } from '@nestjs/testing';
import {
  ChoiceField,
  FloatField,
  IntField,
  ObjectField,
  ObjectListField,
  TextField,
  TextListField,
} from './fields';

class PartDto {
  @TextField({ trim: true, nonBlank: true, maxLength: 100 })
  name!: string;
}

class WholeDto {
  @IntField({ optional: true, min: 1, max: 10 })
  count?: number = 1;

  @FloatField({ optional: true, nullable: true, min: 0, max: 2 })
  temperature?: number | null = null;

  @ChoiceField(['a', 'b'])
  kind!: string;

  @ChoiceField(['c'], { optional: true, nullable: true })
  other?: string | null = null;

  @TextListField({ optional: true, maxItems: 4, maxLength: 50 })
  stop?: string[];

  @ObjectListField(() => PartDto, { minItems: 1 })
  parts!: PartDto[];

  @ObjectField(() => PartDto, { optional: true, nullable: true })
  best?: PartDto | null;
}

@Controller()
class WholeController {
  @Post()
  make(@Body() whole: WholeDto): WholeDto {
    return whole;
  }
}

describe('fields in the OpenAPI document', () => {
  it('show their limits and whether they may be missing or null', async () => {
    const module = await Test.createTestingModule({ controllers: [WholeController] }).compile();
    const app = module.createNestApplication();
    await app.init();
    const options = new DocumentBuilder().setOpenAPIVersion('3.1.0').build();
    const { components } = SwaggerModule.createDocument(app, options);

    expect(components?.schemas?.['PartDto']).toEqual({
      type: 'object',
      properties: { name: { type: 'string', minLength: 1, maxLength: 100 } },
      required: ['name'],
    });
    expect(components?.schemas?.['WholeDto']).toEqual({
      type: 'object',
      properties: {
        count: { type: 'integer', minimum: 1, maximum: 10 },
        temperature: { type: ['number', 'null'], minimum: 0, maximum: 2 },
        kind: { type: 'string', enum: ['a', 'b'] },
        other: { type: ['string', 'null'], enum: ['c', null] },
        stop: { type: 'array', items: { type: 'string', maxLength: 50 }, maxItems: 4 },
        parts: { type: 'array', items: { $ref: '#/components/schemas/PartDto' }, minItems: 1 },
        best: { anyOf: [{ $ref: '#/components/schemas/PartDto' }, { type: 'null' }] },
      },
      required: ['kind', 'parts'],
    });
    await app.close();
  });
});
